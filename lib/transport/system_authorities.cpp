#include "transport/system_authorities.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace ferrotunnel::transport {
namespace {

constexpr std::array<const char*, 5> usual_files{"/etc/ssl/certs/ca-certificates.crt",  // Debian, Alpine, Arch
                                                 "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora
                                                 "/etc/pki/tls/certs/ca-bundle.crt",  // older Fedora and its relatives
                                                 "/etc/ssl/ca-bundle.pem",            // SUSE
                                                 "/etc/ssl/cert.pem"};  // Alpine, without its certificate package

bool is_readable(const char* path) noexcept {
    return ::access(path, R_OK) == 0;
}

const char* env_or(const char* variable, const char* otherwise) noexcept {
    const char* const said = std::getenv(variable);
    return said != nullptr ? said : otherwise;
}

}  // namespace

bool use_system_authorities(ssl_ctx_st* context) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
        return false;
    }
    if (is_readable(env_or(X509_get_default_cert_file_env(), X509_get_default_cert_file())) ||
        is_readable(env_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()))) {
        return true;
    }
    const auto* const file = std::find_if(usual_files.begin(), usual_files.end(), is_readable);
    return file == usual_files.end() || SSL_CTX_load_verify_locations(context, *file, nullptr) == 1;
}

}  // namespace ferrotunnel::transport
