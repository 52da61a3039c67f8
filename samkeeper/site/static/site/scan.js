// The camera as a scanner, where the browser can read codes itself. Without it, the box takes typed numbers and scanners.

const form = document.querySelector("[data-scan]");
const button = form.querySelector("[data-camera]");
const view = form.querySelector("[data-view]");
const said = form.querySelector("[data-said]");

if ("BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia) {
  button.hidden = false;
  button.addEventListener("click", look);
}

async function look() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    said.textContent = "没有打开摄像头。请允许使用摄像头，或手工输入卡号。";
    return;
  }
  view.srcObject = stream;
  view.hidden = false;
  await view.play();
  said.textContent = "请把条码或二维码对准画面。";
  const detector = new BarcodeDetector();
  const timer = setInterval(async () => {
    const [code] = await detector.detect(view).catch(() => []);
    if (!code) return;
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    form.elements.no.value = code.rawValue;
    form.requestSubmit();
  }, 250);
}
