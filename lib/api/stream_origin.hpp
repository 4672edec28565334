// Where a stream that the peer opened comes from, as far as it is known; what Stream::visitor() is made of.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "api/service_state.hpp"
#include "ferrotunnel/visitor_info.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::detail {

struct StreamOrigin {
    net::Address visitor{};  // unknown, unless it is one visitor's stream
    wire::ServiceKind kind = wire::ServiceKind::tcp;
    std::shared_ptr<const ServiceState> service{};  // null: a stream that this side dialled
    std::string host{};                             // of kind tls
};

VisitorInfo visitor_info(const StreamOrigin& origin);

}  // namespace ferrotunnel::detail
