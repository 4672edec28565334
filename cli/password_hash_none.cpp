// In place of password_hash.cpp where there is no libcrypt.
#include "password_hash.hpp"

namespace ferrotunnel::cli {

std::optional<std::string> hash_of_password(const Secret&, HashKind) {
    return std::nullopt;
}

}  // namespace ferrotunnel::cli
