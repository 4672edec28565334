// What the tests expect of transport/key_groups.hpp.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport::test {

/// The group that both ends prefer, as far as this OpenSSL has it.
inline std::string preferred_group() {
    const SslContextPtr context(SSL_CTX_new(TLS_client_method()));
    const bool has_it = SSL_CTX_set1_groups_list(context.get(), "X25519MLKEM768") == 1;
    ERR_clear_error();
    return has_it ? "X25519MLKEM768" : "x25519";
}

}  // namespace ferrotunnel::transport::test
