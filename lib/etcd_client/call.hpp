// A call to etcd that waits or is on its way.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "etcd/endpoints.hpp"
#include "etcd/fault.hpp"
#include "etcd/requests.hpp"

namespace ferrotunnel::etcd {

struct Call {
    Post post;
    Duration time{};  // at one endpoint
    /// Keeps the answer, or says why it is not one.
    std::function<std::optional<Fault>(std::string_view body)> parse;
    std::function<void(const std::optional<Fault>&)> done;
    bool is_login = false;

    EndpointSet tried = 0;
    unsigned attempts = 0;
    std::uint64_t login = 0;  // the number of the token that it was sent with
    bool was_rejected = false;
};

}  // namespace ferrotunnel::etcd
