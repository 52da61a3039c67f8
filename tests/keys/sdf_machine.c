/* A small GM/T 0018 machine for the tests: carries out the calls a vault makes, with OpenSSL.
 *
 * One SM2 pair (number 1, its private half in SDF_MACHINE_KEY as DER), one key-encryption key (number 1), the access
 * password "machine-password". Build: cc -shared -fPIC sdf_machine.c -o libsdf.so -lcrypto
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#define EXPORT __attribute__((visibility("default")))
#define SDR_OK 0
#define SDR_NOTSUPPORT 0x01000002
#define SDR_KEYNOTEXIST 0x01000008
#define SDR_PARDENY 0x01000018
#define SDR_SYMOPERR 0x01000014
#define SGD_SM4_ECB 0x00000401

typedef struct { unsigned int bits; unsigned char x[64], y[64]; } ECCrefPublicKey;
typedef struct { unsigned char r[64], s[64]; } ECCSignature;
typedef struct { unsigned char x[64], y[64], M[32]; unsigned int L; unsigned char C[64]; } ECCCipher;
typedef struct { int unlocked; } Session;

static const unsigned char KEK[] = "a machine of ours";
static EVP_PKEY *pair;

static int run_cipher(const unsigned char key[16], int encrypting, const unsigned char *in, unsigned int size,
                 unsigned char *out, unsigned int *written)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0;
    int good = context != NULL && size % 16 == 0 && EVP_CipherInit_ex(context, EVP_sm4_ecb(), NULL, key, NULL, encrypting)
        && EVP_CIPHER_CTX_set_padding(context, 0) && EVP_CipherUpdate(context, out, &done, in, (int)size);
    EVP_CIPHER_CTX_free(context);
    *written = (unsigned int)done;
    return good ? SDR_OK : SDR_SYMOPERR;
}

EXPORT int SDF_OpenDevice(void **device)
{
    const char *path = getenv("SDF_MACHINE_KEY");
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (file == NULL)
        return SDR_KEYNOTEXIST;
    if (pair == NULL)
        pair = d2i_PrivateKey_fp(file, NULL);
    fclose(file);
    *device = &pair;
    return pair ? SDR_OK : SDR_KEYNOTEXIST;
}

EXPORT int SDF_CloseDevice(void *device) { (void)device; return SDR_OK; } /* the pair serves every opening */
EXPORT int SDF_OpenSession(void *device, void **session) { (void)device; *session = calloc(1, sizeof(Session)); return SDR_OK; }
EXPORT int SDF_CloseSession(void *session) { free(session); return SDR_OK; }

EXPORT int SDF_GetPrivateKeyAccessRight(void *session, unsigned int number, unsigned char *password, unsigned int size)
{
    static const char expected[] = "machine-password";
    if (number != 1)
        return SDR_KEYNOTEXIST;
    if (size != strlen(expected) || memcmp(password, expected, size) != 0)
        return SDR_PARDENY;
    ((Session *)session)->unlocked = 1;
    return SDR_OK;
}

static int export_public(unsigned int number, ECCrefPublicKey *key)
{
    unsigned char point[65];
    size_t size = 0;
    if (number != 1 || !EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof point, &size)
        || size != 65)
        return SDR_KEYNOTEXIST;
    memset(key, 0, sizeof *key);
    key->bits = 256;
    memcpy(key->x + 32, point + 1, 32);
    memcpy(key->y + 32, point + 33, 32);
    return SDR_OK;
}

EXPORT int SDF_ExportSignPublicKey_ECC(void *session, unsigned int number, ECCrefPublicKey *key)
{
    (void)session;
    return export_public(number, key);
}

EXPORT int SDF_ExportEncPublicKey_ECC(void *session, unsigned int number, ECCrefPublicKey *key)
{
    (void)session;
    return export_public(number, key);
}

EXPORT int SDF_InternalSign_ECC(void *session, unsigned int number, unsigned char *digest, unsigned int size, ECCSignature *out)
{
    unsigned char der[80];
    const unsigned char *cursor = der;
    size_t written = sizeof der;
    if (number != 1 || !((Session *)session)->unlocked)
        return SDR_PARDENY;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
    if (EVP_PKEY_sign_init(context) <= 0 || EVP_PKEY_sign(context, der, &written, digest, size) <= 0)
        return SDR_SYMOPERR;
    EVP_PKEY_CTX_free(context);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &cursor, (long)written);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out->r, 64);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out->s, 64);
    ECDSA_SIG_free(signature);
    return SDR_OK;
}

static int keep(const unsigned char key[16], void **handle)
{
    *handle = malloc(16);
    memcpy(*handle, key, 16);
    return SDR_OK;
}

EXPORT int SDF_GenerateKeyWithKEK(void *session, unsigned int bits, unsigned int algorithm, unsigned int kek,
                                  unsigned char *out, unsigned int *size, void **handle)
{
    unsigned char key[16];
    (void)session;
    if (bits != 128 || algorithm != SGD_SM4_ECB)
        return SDR_NOTSUPPORT;
    if (kek != 1 || RAND_bytes(key, 16) != 1)
        return SDR_KEYNOTEXIST;
    keep(key, handle);
    return run_cipher(KEK, 1, key, 16, out, size);
}

EXPORT int SDF_ImportKeyWithKEK(void *session, unsigned int algorithm, unsigned int kek, unsigned char *wrapped,
                                unsigned int size, void **handle)
{
    unsigned char key[16];
    unsigned int written;
    (void)session;
    if (algorithm != SGD_SM4_ECB || size != 16)
        return SDR_NOTSUPPORT;
    if (kek != 1 || run_cipher(KEK, 0, wrapped, 16, key, &written) != SDR_OK)
        return SDR_KEYNOTEXIST;
    return keep(key, handle);
}

/* SEQUENCE { x INTEGER, y INTEGER, hash OCTET STRING, cipher OCTET STRING }, as OpenSSL reads it. */
static size_t envelope_der(const ECCCipher *envelope, unsigned char *der)
{
    unsigned char body[256];
    unsigned char *at = body;
    const unsigned char *numbers[] = {envelope->x + 32, envelope->y + 32};
    for (int i = 0; i < 2; i++) {
        int sign = numbers[i][0] & 0x80 ? 1 : 0, skip = 0;
        while (!sign && skip < 31 && numbers[i][skip] == 0 && !(numbers[i][skip + 1] & 0x80))
            skip++;
        *at++ = 0x02;
        *at++ = (unsigned char)(32 - skip + sign);
        if (sign)
            *at++ = 0;
        memcpy(at, numbers[i] + skip, (size_t)(32 - skip));
        at += 32 - skip;
    }
    *at++ = 0x04; *at++ = 32; memcpy(at, envelope->M, 32); at += 32;
    *at++ = 0x04; *at++ = (unsigned char)envelope->L; memcpy(at, envelope->C, envelope->L); at += envelope->L;
    size_t size = (size_t)(at - body);
    unsigned char *out = der;
    *out++ = 0x30;
    if (size > 127)
        *out++ = 0x81;
    *out++ = (unsigned char)size;
    memcpy(out, body, size);
    return size + (size_t)(out - der);
}

EXPORT int SDF_ImportKeyWithISK_ECC(void *session, unsigned int number, ECCCipher *envelope, void **handle)
{
    unsigned char der[300], key[64];
    size_t size = sizeof key;
    if (number != 1 || !((Session *)session)->unlocked || envelope->L != 16)
        return SDR_PARDENY;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
    int good = EVP_PKEY_decrypt_init(context) > 0
        && EVP_PKEY_decrypt(context, key, &size, der, envelope_der(envelope, der)) > 0 && size == 16;
    EVP_PKEY_CTX_free(context);
    return good ? keep(key, handle) : SDR_SYMOPERR;
}

EXPORT int SDF_DestroyKey(void *session, void *handle) { (void)session; free(handle); return SDR_OK; }

EXPORT int SDF_Encrypt(void *session, void *handle, unsigned int algorithm, unsigned char *iv, unsigned char *in,
                       unsigned int size, unsigned char *out, unsigned int *written)
{
    (void)session; (void)iv;
    return algorithm == SGD_SM4_ECB ? run_cipher(handle, 1, in, size, out, written) : SDR_NOTSUPPORT;
}

EXPORT int SDF_Decrypt(void *session, void *handle, unsigned int algorithm, unsigned char *iv, unsigned char *in,
                       unsigned int size, unsigned char *out, unsigned int *written)
{
    (void)session; (void)iv;
    return algorithm == SGD_SM4_ECB ? run_cipher(handle, 0, in, size, out, written) : SDR_NOTSUPPORT;
}
