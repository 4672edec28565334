#include "metrics/top_visitors.hpp"

#include <algorithm>

namespace ferrotunnel::metrics {

namespace {

// All tables of 10,000 services take 10 MB for each worker that carries visitors of all of them.
static_assert(sizeof(TopVisitors) <= 1'024);

constexpr std::size_t ipv6_network_bytes = 8;  // a /64 counts as one visitor, since it may use any of its addresses

net::Address network_of(const net::Address& from) noexcept {
    net::Address network = from;
    network.port = 0;
    if (from.family == 6) {
        std::fill(network.bytes.begin() + ipv6_network_bytes, network.bytes.end(), std::uint8_t{0});
    }
    return network;
}

}  // namespace

void TopVisitors::count(const net::Address& from, std::uint64_t visits, std::uint64_t bytes) noexcept {
    if (from.family == 0) {
        return;
    }
    const net::Address network = network_of(from);
    const MutexLock lock(mutex_);
    const auto end = places_.begin() + static_cast<std::ptrdiff_t>(used_);
    auto place =
        std::find_if(places_.begin(), end, [&network](const Place& one) { return one.visitor.from == network; });
    if (place == end && used_ < places_.size()) {
        ++used_;
        *place = {{network}, 0};
    } else if (place == end) {
        const auto weight = [](const Place& one) { return one.inherited + one.visitor.weight(); };
        place = std::min_element(places_.begin(), places_.end(),
                                 [&](const Place& a, const Place& b) { return weight(a) < weight(b); });
        *place = {{network}, weight(*place)};
    }
    place->visitor.visits += visits;
    place->visitor.bytes += bytes;
    if (place != places_.begin()) {
        std::iter_swap(place, place - 1);
    }
}

void TopVisitors::add_to(std::vector<TopVisitor>& all) const {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < used_; ++i) {
        const TopVisitor& one = places_[i].visitor;
        const auto known =
            std::find_if(all.begin(), all.end(), [&one](const TopVisitor& other) { return other.from == one.from; });
        if (known == all.end()) {
            all.push_back(one);
        } else {
            known->visits += one.visits;
            known->bytes += one.bytes;
        }
    }
}

std::vector<TopVisitor> heaviest_of(std::vector<TopVisitor> all) {
    const std::size_t most = std::min(all.size(), limits::top_visitors_shown);
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most), all.end(),
                      [](const TopVisitor& a, const TopVisitor& b) { return a.weight() > b.weight(); });
    all.resize(most);
    return all;
}

}  // namespace ferrotunnel::metrics
