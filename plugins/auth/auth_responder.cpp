#include "auth/auth_responder.hpp"

#include <utility>

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Side;

Decision AuthResponder::admit(Exchange& exchange, const std::string& subject, plugin::Text by_field) const {
    bool fits = exchange.set_note("auth.subject", subject);
    if (!forward) {
        fits = fits && exchange.remove(Side::request, by_field);
        if (!key_header.empty() && by_field != key_header) {
            fits = fits && exchange.remove(Side::request, key_header);
        }
    }
    if (!user_header.empty()) {
        fits = fits && exchange.set(Side::request, user_header, subject);
    }
    return fits ? Decision::go_on() : Decision::reject(503, "auth_no_room");
}

Decision AuthResponder::refuse(std::string code) const {
    return Decision::reject(401, std::move(code), challenges);
}

}  // namespace ferrotunnel::plugins
