// Answer of the store, which decides between members, to a claim (docs/architecture/etcd.md).
#pragma once

#include <cstdint>
#include <string>

namespace ferrotunnel::cluster {

struct StoreAnswer {
    enum class Kind : std::uint8_t {
        granted,
        other_token,  // a client of another token has a name of the root
        reserved,     // for another token
        other_owner,  // another client of the token has the name, at the member `text`
        other_terms,  // the same owner has it with other terms
        unavailable,  // `text`: why, for people
    };

    Kind kind = Kind::unavailable;
    std::string text{};
};

}  // namespace ferrotunnel::cluster
