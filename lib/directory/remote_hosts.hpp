// Hosts that clients of other members of a cluster have: a part of the directory, whose lock protects it. They come
// from those members, so each text is parsed like one of a client, and what they may need is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "directory/carrier_id.hpp"
#include "directory/http_routes.hpp"
#include "directory/remote_route.hpp"

namespace ferrotunnel::directory {

class RemoteHosts {
public:
    /// The name as a description that only names it. An expression is not compiled. Empty if it is not valid.
    static std::optional<HttpDescription> read(const RemoteHost& name);
    /// Adds the name to its host. False if it is not valid, or there is no room for it.
    bool add(HttpRoutes::Host& host, HttpDescription description, const RemoteHost& name, TimePoint now);
    /// Removes the name. Does nothing if it is not there.
    void remove(HttpRoutes::Host& host, const HttpDescription& description);

    /// The service of these members; a new one gets the number `serial`. Null without any.
    std::shared_ptr<HttpService> service(std::vector<std::shared_ptr<HttpCarrier>> carriers, std::uint64_t serial);

private:
    bool has_room(const HttpRoutes::Host& host, const HttpDescription& description) const;

    std::map<CarrierIds, std::weak_ptr<HttpService>> services_;  // by their carriers, in the order of their numbers
    std::size_t expressions_ = 0;
};

}  // namespace ferrotunnel::directory
