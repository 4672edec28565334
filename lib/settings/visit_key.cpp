// Keys of private services.
#include <algorithm>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/visit.hpp"
#include "login/token.hpp"

namespace ferrotunnel {

VisitKey::VisitKey(const Secret& secret) {
    const Result<login::Token, std::string> read = login::parse_token(secret.reveal());
    if (!read) {
        throw config_error(std::vector<Problem>{{"key", read.error()}});
    }
    if (read->strength == login::TokenStrength::weak) {
        throw config_error(
            std::vector<Problem>{{"key", "is weak; `ferrotunnel token` makes one that nobody can guess"}});
    }
    const Bytes bytes = read->key.bytes();
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    is_set_ = true;
}

VisitKey::~VisitKey() {
    login::wipe(bytes_);
}

}  // namespace ferrotunnel
