#include "transport/key_groups.hpp"

#include <openssl/err.h>

#include <string>

namespace ferrotunnel::transport {

namespace {

// A client sends a key for each group with a star (OpenSSL 3.5). With X25519 among them, a server that does not have
// the first group needs no second round trip.
constexpr const char* hybrid_first = "*X25519MLKEM768:*X25519:P-256";
constexpr const char* classic = "X25519:P-256";

}  // namespace

bool use_key_groups(SSL_CTX* context, GroupsOf whose) {
    const std::string more = whose == GroupsOf::visitors ? ":P-384" : "";
    if (SSL_CTX_set1_groups_list(context, (hybrid_first + more).c_str()) == 1) {
        return true;
    }
    ERR_clear_error();  // an older OpenSSL rejects a list with a name or a star that it does not know
    return SSL_CTX_set1_groups_list(context, (classic + more).c_str()) == 1;
}

KeyGroup key_group_of(SSL* ssl) noexcept {
    const long number = SSL_get_negotiated_group(ssl);
    if (number == 0) {
        return KeyGroup::none;
    }
    const char* const name = SSL_group_to_name(ssl, static_cast<int>(number));
    for (const KeyGroup group : {KeyGroup::hybrid, KeyGroup::x25519, KeyGroup::p256, KeyGroup::p384}) {
        if (name != nullptr && name_of(group) == name) {
            return group;
        }
    }
    return KeyGroup::other;
}

}  // namespace ferrotunnel::transport
