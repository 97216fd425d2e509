#include "http/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/buffer.hpp>
#include <fstream>
#include <optional>
#include <string_view>

namespace revsync::http {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

namespace {

constexpr std::size_t file_limit = 256 * 1024;

Error unusable(std::string_view variable, const std::filesystem::path& path, std::string_view why) {
    return {Disposition::configuration, {}, fmt::format("{} \"{}\": {}", variable, path.string(), why)};
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text(file_limit, '\0');
    if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) {
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

TlsContext new_context() {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* const native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);  // tickets do; a cache would grow
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);          // an idle connection stays small
    // Without this OpenSSL would ask for a passphrase on the terminal, and wait.
    context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string{}; });
    return context;
}

bool expired(SSL_CTX* context) {
    const X509* const certificate = SSL_CTX_get0_certificate(context);
    return certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

}  // namespace

Result<TlsContext> load_tls(const TlsFilePaths& paths) {
    const auto certificate = read_file(paths.certificate);
    if (!certificate) {
        return unusable("TLS_CERT_FILE", paths.certificate, "cannot be read; check the path and who may read it");
    }
    auto key = read_file(paths.key);
    if (!key) {
        return unusable("TLS_KEY_FILE", paths.key, "cannot be read; check the path and who may read it");
    }
    TlsContext context = new_context();
    boost::system::error_code error;
    context->use_certificate_chain(asio::buffer(*certificate), error);
    if (error) {
        ERR_clear_error();
        return unusable("TLS_CERT_FILE", paths.certificate, "holds no PEM certificate");
    }
    context->use_private_key(asio::buffer(*key), ssl::context::pem, error);
    OPENSSL_cleanse(key->data(), key->size());
    if (error) {
        const bool other = ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH;
        ERR_clear_error();
        return unusable(
            "TLS_KEY_FILE", paths.key,
            other ? "is not the key of the certificate in TLS_CERT_FILE" : "holds no PEM key without a passphrase");
    }
    return context;
}

Result<void> TlsFiles::open(std::chrono::steady_clock::time_point now) {
    loaded_ = stamps();
    checked_ = now;
    Result<TlsContext> loaded = load_tls(paths_);
    if (!loaded) {
        return loaded.error();
    }
    adopt(std::move(*loaded));
    return {};
}

TlsContext TlsFiles::context(std::chrono::steady_clock::time_point now) {
    if (now - checked_ < interval_) {
        return context_;
    }
    checked_ = now;
    const Stamps seen = stamps();
    if (seen == loaded_) {
        refused_.clear();
        return context_;
    }
    Result<TlsContext> renewed = load_tls(paths_);
    if (renewed) {
        loaded_ = seen;
        refused_.clear();
        adopt(std::move(*renewed));
        logger_.info("🔐 TLS certificate read again");
    } else if (std::string why = describe(renewed.error()); why != refused_) {
        logger_.warning("⚠️  New TLS certificate refused, the former stays: {}", why);
        refused_ = std::move(why);
    }
    return context_;
}

void TlsFiles::adopt(TlsContext context) {
    if (expired(context->native_handle())) {
        logger_.warning("⚠️  The certificate in TLS_CERT_FILE \"{}\" has expired; renew it",
                        paths_.certificate.string());
    }
    context_ = std::move(context);
}

TlsFiles::Stamps TlsFiles::stamps() const {
    const auto stamp = [](const std::filesystem::path& path) {
        std::error_code missing;
        Stamp found;
        found.changed = std::filesystem::last_write_time(path, missing);
        found.size = std::filesystem::file_size(path, missing);
        return found;
    };
    return {stamp(paths_.certificate), stamp(paths_.key)};
}

}  // namespace revsync::http
