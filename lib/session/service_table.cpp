#include "session/service_table.hpp"

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "directory/visitor_queue.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {
namespace {

// Passes the visitors in the queue of a service that its trunk no longer carries to other trunks of the service. The
// connection of a visitor without another trunk, or at a private service, is reset.
void reroute_visitors(directory::VisitorQueue queue) {
    while (!queue.empty()) {
        queue.consume_first([]<typename AnyVisitor>(AnyVisitor visitor) {
            if constexpr (std::is_same_v<AnyVisitor, directory::Visitor>) {
                const std::shared_ptr<directory::SharedPort> port = visitor.port;
                if (port) {  // otherwise its connection is reset: a private service has no other source
                    port->dispatch(std::move(visitor));
                }
            } else {
                directory::dispatch(std::move(visitor));
            }
        });
    }
}

}  // namespace

SessionService* ServiceTable::find(std::uint32_t id) noexcept {
    const auto found = services_.find(id);
    return found != services_.end() ? &found->second : nullptr;
}

const SessionService* ServiceTable::find(std::uint32_t id) const noexcept {
    const auto found = services_.find(id);
    return found != services_.end() ? &found->second : nullptr;
}

SessionService* ServiceTable::find(std::uint32_t id, std::uint64_t registration) noexcept {
    SessionService* const service = find(id);
    return service != nullptr && service->registration == registration ? service : nullptr;
}

SessionService& ServiceTable::keep(const wire::Service& description) {
    const SessionFacts& facts = needs_.at.facts;
    SessionService& service = services_[description.id];
    service.registration = ++registrations_;
    service.description.id = description.id;
    service.description.kind = description.kind;
    service.description.name = description.name;
    service.description.bind = description.bind;
    service.description.udp = description.udp;
    service.description.proof = description.proof;
    service.description.http.rules = description.http.rules;  // kept because their bytes are counted
    service.description.plugins = description.plugins;        // likewise
    service.description.health = description.health;
    service.description.group.name = description.group.name;
    service.health = {};
    if (const auto& health = description.health; health && (facts.agreement.features & wire::feature::health) != 0) {
        service.health = {health->healthy, health->try_when_all_unhealthy};
    }
    service.health.waits = waits_;
    service.membership.reset();
    if (const wire::GroupPart& group = description.group; !group.name.empty()) {
        service.membership =
            directory::Membership{directory::group_id(facts.client.first, description.kind, group.name), facts.client,
                                  group.balance, group.weight, group.standby};
        if ((facts.agreement.features & wire::feature::group_terms) != 0) {
            service.membership->sticky = group.sticky;
            service.membership->eject = group.eject;
        }
        const ServerShared& shared = *needs_.at.shared;
        service.membership->name = printable(facts.agreement.peer_name, 64);
        service.membership->key = shared.sticky_key;
        service.membership->predecessors = shared.registry->predecessor_ids(facts.key);
        service.membership->row = shared.members->row(
            {group.name, std::string(login::name_of(description.kind)), facts.token_name, service.membership->name});
    }
    service.asked = needs_.plugins != nullptr ? needs_.plugins->requested_plugins_of(description.id) : nullptr;
    check(description.plugins.empty() == !service.asked, "a service has the plugins that its client has requested");
    return service;
}

void ServiceTable::set_waiting(bool waits) {
    waits_ = waits;
    for (auto& [id, service] : services_) {
        service.health.waits = waits;
        needs_.kinds.of(service).set_health(service);
        report_readiness(service);
    }
}

wire::Service ServiceTable::erase(std::uint32_t id) {
    auto service = services_.extract(id);
    return std::move(service.mapped().description);
}

void ServiceTable::forget(std::uint32_t id) {
    auto service = services_.extract(id);
    if (service) {
        service.mapped().named.reset();
    }
    needs_.view.change([id](SessionView& view) {
        std::erase_if(view.services, [id](const SessionView::Service& one) { return one.id == id; });
    });
    if (needs_.plugins != nullptr) {
        needs_.plugins->left(id);
    }
    if (service) {
        reroute_visitors(std::move(service.mapped().queue));
    }
}

void ServiceTable::leave(SessionService& service, bool may_return) {
    if (!service.has_claims()) {
        return;
    }
    service.awaited = nullptr;
    needs_.kinds.of(service).leave(service, may_return);
    service.cluster = nullptr;  // before the names are free here: the next client would be refused by the cluster
    for (const directory::ClaimName& name : service.names) {
        needs_.at.shared->registry->release(needs_.at.facts.key, name);
    }
}

// Claims are released first: closing notifies the other trunks, which may register the next service for these names at
// once.
void ServiceTable::close(SessionService& service) {
    if (!service.has_claims()) {
        return;
    }
    service.cluster = nullptr;  // as in leave()
    for (const directory::ClaimName& name : service.names) {
        needs_.at.shared->registry->release_for_all(needs_.at.facts.key, name);
    }
    needs_.kinds.of(service).close(service);
}

void ServiceTable::close_all(bool may_return) noexcept {
    auto services = std::exchange(services_, {});
    for (auto& [id, service] : services) {
        leave(service, may_return);
        service.named.reset();
    }
    if (needs_.plugins != nullptr) {
        needs_.plugins->left_all();
    }
    needs_.view.change([](SessionView& view) noexcept {
        if (view.leaving.empty()) {
            view.leaving.swap(view.services);
        }
        view.services.clear();
    });
    for (auto& [id, service] : services) {
        reroute_visitors(std::move(service.queue));
    }
}

void ServiceTable::yield_all() {
    for (auto& [id, service] : services_) {
        needs_.kinds.of(service).yield(service);
    }
}

// A private service has no place that reports when it is taken.
bool ServiceTable::is_idle() const noexcept {
    return std::none_of(services_.begin(), services_.end(), [](const auto& entry) {
        const SessionService& service = entry.second;
        return service.is_carried() || (service.is_private() && !service.awaited);
    });
}

void ServiceTable::set_retired() {
    needs_.view.change([](SessionView& view) { view.retired = true; });
    for (auto& [id, service] : services_) {
        if (service.named) {
            service.named->set_outgoing();
        }
        if (service.cluster) {
            service.cluster->retired = true;
            report_readiness(service);
        }
    }
}

void ServiceTable::release_unwanted(const std::vector<directory::ClaimName>& names) {
    for (const directory::ClaimName& name : names) {
        const bool wanted = std::any_of(services_.begin(), services_.end(), [&name](const auto& entry) {
            const auto& its = entry.second.names;
            return std::find(its.begin(), its.end(), name) != its.end();
        });
        if (!wanted) {
            needs_.at.shared->registry->release(needs_.at.facts.key, name);
        }
    }
}

std::size_t ServiceTable::rule_bytes() const {
    std::size_t bytes = needs_.plugins != nullptr ? needs_.plugins->pending_bytes() : 0;
    for (const auto& [id, service] : services_) {
        bytes += service.description.http.rules.bytes() + wire::bytes_of(service.description.plugins);
    }
    return bytes;
}

std::size_t ServiceTable::name_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [id, service] : services_) {
        for (const directory::ClaimName& name : service.names) {
            bytes += name.host.size() + name.path.size();
        }
    }
    return bytes;
}

}  // namespace ferrotunnel::session
