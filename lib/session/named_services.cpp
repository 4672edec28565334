#include "session/named_services.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "http/characters.hpp"
#include "session/limits.hpp"

namespace ferrotunnel::session {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), http::lower_case);
    return result;
}

bool is_found(wire::ServiceKind kind) noexcept {
    return kind == wire::ServiceKind::tcp || kind == wire::ServiceKind::private_tcp;
}

}  // namespace

std::unique_ptr<NamedServices::Place> NamedServices::add(const login::TokenId& token, const std::string& client_name,
                                                         const NamedCarrier& carrier) {
    if (!is_found(carrier.kind)) {
        return nullptr;
    }
    auto place = std::make_unique<Place>(shared_from_this(), carrier);
    place->entries_.reserve(3);
    const MutexLock lock(mutex_);
    insert(*place, by_any_case_, token, lower(carrier.name));
    if (!client_name.empty()) {
        insert(*place, by_any_case_, token, lower(carrier.name) + '.' + lower(client_name));
    }
    if (carrier.kind == wire::ServiceKind::private_tcp) {
        insert(*place, private_, token, carrier.name);
    }
    return place;
}

void NamedServices::insert(Place& place, Index& index, const login::TokenId& token, std::string name) {
    Carriers one{&place.carrier_};
    const auto called = index.try_emplace({token, std::move(name)}).first;
    Carriers& present = called->second.present;
    present.splice(present.end(), one);
    place.entries_.push_back({&index, called, std::prev(present.end())});
}

void NamedServices::remove(const Place& place) noexcept {
    const MutexLock lock(mutex_);
    for (const Entry& entry : place.entries_) {
        Called& called = entry.called->second;
        (place.outgoing_ ? called.outgoing : called.present).erase(entry.carrier);
        if (called.present.empty() && called.outgoing.empty()) {
            entry.index->erase(entry.called);
        }
    }
}

void NamedServices::set_outgoing(Place& place) noexcept {
    const MutexLock lock(mutex_);
    if (!std::exchange(place.outgoing_, true)) {
        for (const Entry& entry : place.entries_) {
            Called& called = entry.called->second;
            called.outgoing.splice(called.outgoing.end(), called.present, entry.carrier);
        }
    }
}

std::vector<NamedCarrier> NamedServices::called(const login::TokenId& token, std::string_view name) {
    std::string searched = lower(name);
    const MutexLock lock(mutex_);
    return next_of(by_any_case_, token, std::move(searched));
}

std::vector<NamedCarrier> NamedServices::visited(const login::TokenId& token, std::string_view name) {
    std::string searched(name);
    const MutexLock lock(mutex_);
    return next_of(private_, token, std::move(searched));
}

std::vector<NamedCarrier> NamedServices::next_of(Index& index, const login::TokenId& token, std::string name) {
    std::vector<NamedCarrier> result;
    const auto found = index.find({token, std::move(name)});
    if (found == index.end()) {
        return result;
    }
    Called& called = found->second;
    Carriers& carriers = called.present.empty() ? called.outgoing : called.present;
    const std::size_t count = std::min(carriers.size(), limits::named_carriers_max);
    result.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        result.push_back(*carriers.front());
        carriers.splice(carriers.end(), carriers, carriers.begin());
    }
    return result;
}

}  // namespace ferrotunnel::session
