// An account at a CA.
#pragma once

#include <string>

#include "acme/directory.hpp"
#include "acme/jws.hpp"
#include "acme/key.hpp"

namespace ferrotunnel::acme {

/// What is kept about an account.
struct Account {
    std::string url{};  // empty: not registered yet
    std::string directory_url{};
    std::string contact{};  // an e-mail address; may be empty
    Key key;
};

/// How to register.
struct Registration {
    std::string contact{};
    ExternalAccount external{};
};

}  // namespace ferrotunnel::acme
