#include "tls.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>

#include "socket.hpp"

namespace revsync::sim::tds {
namespace {

constexpr long certificate_lifetime_seconds = 365L * 24 * 60 * 60;

[[noreturn]] void fail(const std::string& what) {
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    throw std::runtime_error(what + ": " + reason.data());
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate make_certificate(EVP_PKEY* key) {
    Certificate certificate(X509_new(), &X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), certificate_lifetime_seconds);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const auto* common_name = reinterpret_cast<const unsigned char*>("SSL_Self_Signed_Fallback");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    if (X509_sign(certificate.get(), key, EVP_sha256()) == 0) {
        fail("cannot sign a certificate");
    }
    return certificate;
}

}  // namespace

void TlsContext::Delete::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_server_method())) {
    if (!context_) {
        fail("cannot set TLS up");
    }
    // TDS 7 carries the handshake in its own packets and goes no further than TLS 1.2.
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
}

TlsContext TlsContext::self_signed() {
    TlsContext context;
    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    if (!key) {
        fail("cannot make a key");
    }
    const Certificate certificate = make_certificate(key.get());
    if (SSL_CTX_use_certificate(context.context_.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.context_.get(), key.get()) != 1) {
        fail("cannot use the self-signed certificate");
    }
    return context;
}

TlsContext TlsContext::from_files(const std::string& certificate_file, const std::string& key_file) {
    TlsContext context;
    if (SSL_CTX_use_certificate_chain_file(context.context_.get(), certificate_file.c_str()) != 1) {
        fail("cannot read the certificate " + certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context.context_.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        fail("cannot read the key " + key_file);
    }
    return context;
}

void TlsSession::Delete::operator()(ssl_st* session) const {
    SSL_free(session);
}

TlsSession::TlsSession(const TlsContext& context) : session_(SSL_new(context.context_.get())) {
    if (!session_) {
        fail("cannot start a TLS session");
    }
    SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(session_.get());
}

void TlsSession::feed(std::string_view arrived) {
    BIO_write(SSL_get_rbio(session_.get()), arrived.data(), static_cast<int>(arrived.size()));
}

std::string TlsSession::drain_output() {
    BIO* output = SSL_get_wbio(session_.get());
    std::string bytes(BIO_ctrl_pending(output), '\0');
    if (!bytes.empty()) {
        BIO_read(output, bytes.data(), static_cast<int>(bytes.size()));
    }
    return bytes;
}

bool TlsSession::handshake(std::string_view arrived) {
    const std::lock_guard lock(mutex_);
    feed(arrived);
    ERR_clear_error();
    const int result = SSL_do_handshake(session_.get());
    if (result != 1 && SSL_get_error(session_.get(), result) != SSL_ERROR_WANT_READ) {
        throw ConnectionClosed();
    }
    return result == 1;
}

std::string TlsSession::decrypt(std::string_view arrived) {
    const std::lock_guard lock(mutex_);
    feed(arrived);
    std::string plain;
    std::array<char, 16384> block{};
    while (true) {
        ERR_clear_error();
        const int count = SSL_read(session_.get(), block.data(), static_cast<int>(block.size()));
        if (count > 0) {
            plain.append(block.data(), static_cast<std::size_t>(count));
            continue;
        }
        const bool incomplete = SSL_get_error(session_.get(), count) == SSL_ERROR_WANT_READ;
        if (!incomplete && plain.empty()) {
            throw ConnectionClosed();
        }
        return plain;
    }
}

std::string TlsSession::encrypt(std::string_view plain) {
    const std::lock_guard lock(mutex_);
    if (SSL_write(session_.get(), plain.data(), static_cast<int>(plain.size())) <= 0) {
        throw ConnectionClosed();
    }
    return drain_output();
}

std::string TlsSession::take_output() {
    const std::lock_guard lock(mutex_);
    return drain_output();
}

}  // namespace revsync::sim::tds
