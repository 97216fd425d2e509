#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>
#include <stdexcept>

namespace revsync::test {
namespace {

constexpr long valid_seconds = 3600;

// By way of OpenSSL's own memory: a FILE* of ours means nothing to a libcrypto.dll with another C library.
template <class Write>
void write_file(const std::filesystem::path& path, Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), BIO_free};
    const bool encoded = write(memory.get()) == 1;
    char* text = nullptr;
    const long length = BIO_get_mem_data(memory.get(), &text);
    std::ofstream file{path, std::ios::binary};
    file.write(text, length);
    file.close();
    if (!encoded || !file) {
        throw std::runtime_error{"cannot write " + path.string()};
    }
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509* make_certificate(const std::string& name, EVP_PKEY* key, long serial) {
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -valid_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_seconds);
    X509_set_pubkey(certificate, key);
    const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text, -1, -1, 0);
    return certificate;
}

}  // namespace

Authority::Authority(const std::filesystem::path& folder, const std::string& name)
    : folder_{folder}, name_{name}, key_{EVP_EC_gen("P-256")}, certificate_{make_certificate(name, key_, 1)} {
    X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
    add_extension(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate_, certificate_, NID_key_usage, "critical,keyCertSign");
    X509_sign(certificate_, key_, EVP_sha256());
    write_file(certificate(), [&](BIO* pem) { return PEM_write_bio_X509(pem, certificate_); });
}

Authority::~Authority() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
}

void Authority::issue(const std::string& host) const {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* issued = make_certificate(host, key, 2);
    X509_set_issuer_name(issued, X509_get_subject_name(certificate_));
    add_extension(issued, certificate_, NID_subject_alt_name, "DNS:" + host);
    X509_sign(issued, key_, EVP_sha256());
    write_file(folder_ / (host + ".pem"), [&](BIO* pem) { return PEM_write_bio_X509(pem, issued); });
    write_file(folder_ / (host + ".key"),
               [&](BIO* pem) { return PEM_write_bio_PrivateKey(pem, key, nullptr, nullptr, 0, nullptr, nullptr); });
    X509_free(issued);
    EVP_PKEY_free(key);
}

}  // namespace revsync::test
