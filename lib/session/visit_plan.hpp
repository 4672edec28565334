// A service of another client that this client visits: the local address for it, and the key.
#pragma once

#include <memory>
#include <string>

#include "session/visit_record.hpp"
#include "transport/sealed.hpp"

namespace ferrotunnel::session {

struct VisitPlan {
    std::string service;
    std::string token;  // token of the service's client; empty if this client's own
    std::shared_ptr<const transport::SealContext> seal;
    std::shared_ptr<VisitRecord> record;

    bool is_udp() const noexcept { return seal->carries() == transport::SealContext::Carries::datagrams; }
    /// As users write it: "db", "db@alice".
    std::string text() const { return token.empty() ? service : service + '@' + token; }
};

}  // namespace ferrotunnel::session
