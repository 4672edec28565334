#include "session/service_registration.hpp"

#include <utility>

#include "base/text.hpp"
#include "directory/takeover.hpp"
#include "session/server_shared.hpp"
#include "wire/group_words.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

constexpr std::size_t shown_max = 64;

}  // namespace

void ServiceRegistration::register_service(std::uint32_t request, const wire::Service& description) {
    static constexpr RateLimit limit{limits::registrations_at_once_max, limits::registrations_per_second_max};
    if (!rate_.take(limit, needs_.at.worker.now())) {
        needs_.replies.report_refusal(description, {Code::busy, "Registration rate limit exceeded."});
    } else if (auto refusal = check(description)) {
        needs_.replies.report_refusal(description, *refusal);
    } else if (needs_.plugins == nullptr || !needs_.plugins->take(request, description)) {
        register_checked(request, description);
    }
}

// Recorded first; otherwise a registration in progress on another trunk could reopen what is closed here: the next
// service for the same port may arrive on any trunk.
void ServiceRegistration::unregister_service(std::uint32_t id, bool yields) {
    needs_.at.shared->registry->end_service(needs_.at.facts.key, id);
    if (needs_.plugins != nullptr) {
        needs_.plugins->forget(id);
    }
    SessionService* const service = needs_.table.find(id);
    if (service == nullptr) {
        return;
    }
    if (yields) {
        needs_.table.leave(*service);
    } else {
        needs_.table.close(*service);
    }
    needs_.table.forget(id);
}

std::optional<directory::Refusal> ServiceRegistration::check(const wire::Service& description) const {
    if (auto refusal = needs_.refuse_any()) {
        return refusal;
    }
    const ServiceKind* const kind = needs_.kinds.find(description.kind);
    if (kind == nullptr) {
        return Refusal{Code::unsupported, "This server does not support services of this kind."};
    }
    // The rights of a revoked external token are forgotten at once, and its session ends a moment later.
    if (needs_.at.facts.external != nullptr) {
        if (auto refusal = needs_.rights.refuse_token()) {
            return refusal;
        }
    }
    if (auto refusal = needs_.rights.refuse_kind(description.kind)) {
        return refusal;
    }
    if (auto refusal = needs_.rights.refuse_unproved(directory::reached_by(description), description.proof)) {
        return refusal;
    }
    if (auto refusal = kind->refuse_unsupported()) {
        return refusal;
    }
    if (auto refusal = refuse_plugins(description)) {
        return refusal;
    }
    if (auto refusal = refuse_group(description)) {
        return refusal;
    }
    return refuse_present(description);
}

std::optional<directory::Refusal> ServiceRegistration::refuse_present(const wire::Service& description) const {
    const SessionPlugins* const plugins = needs_.plugins;
    if (needs_.table.contains(description.id) || (plugins != nullptr && plugins->is_pending(description.id))) {
        return Refusal{Code::protocol, "The service's id is in use."};
    }
    if (needs_.table.size() + (plugins != nullptr ? plugins->pending_count() : 0) >= limits::services_max) {
        return Refusal{Code::limit, "This client has reached its limit of services."};
    }
    return std::nullopt;
}

// Refuses plugins that no server could run. A service is never served without what it requests.
std::optional<directory::Refusal> ServiceRegistration::refuse_plugins(const wire::Service& description) const {
    if (description.plugins.empty()) {
        return std::nullopt;
    }
    if (needs_.plugins == nullptr) {
        return Refusal{Code::forbidden, "This server does not let clients request plugins."};
    }
    if (description.kind == wire::ServiceKind::private_tcp) {
        return Refusal{Code::unsupported, "A private service cannot have plugins."};
    }
    for (const wire::PluginPart& plugin : description.plugins) {
        if (!plugin.unknown.empty()) {
            return Refusal{Code::unsupported, "This server does not support `" + printable(plugin.unknown, shown_max) +
                                                  "`, a setting that the service has for the plugin " +
                                                  printable(plugin.type, shown_max) + "."};
        }
    }
    if (needs_.table.rule_bytes() + wire::bytes_of(description.plugins) > limits::http_rules_bytes_per_session_max) {
        return Refusal{Code::limit, "The rules and plugins of this client's services need more than " +
                                        std::to_string(limits::http_rules_bytes_per_session_max) + " bytes in all."};
    }
    return std::nullopt;
}

std::optional<directory::Refusal> ServiceRegistration::refuse_group(const wire::Service& description) const {
    if (description.group.name.empty()) {
        return std::nullopt;
    }
    if ((needs_.at.facts.agreement.features & wire::feature::groups) == 0) {
        return Refusal{Code::unsupported, "The client has not announced support for groups."};
    }
    if (description.kind == wire::ServiceKind::private_tcp) {
        return Refusal{Code::unsupported, "A private service cannot have a group."};
    }
    if (!has_word(description.group.sticky) ||
        (description.group.sticky == wire::Sticky::cookie && description.kind != wire::ServiceKind::http)) {
        return Refusal{Code::unsupported,
                       "This server does not support the service's value of `sticky`, or not for this kind."};
    }
    if (!has_word(description.group.balance)) {
        return Refusal{Code::unsupported, "This server does not support the service's value of `balance`."};
    }
    if (!description.plugins.empty()) {
        return Refusal{Code::unsupported,
                       "A service of a group cannot request plugins: each member would have its own."};
    }
    return std::nullopt;
}

// Refuses rules that this version cannot apply, and rules beyond a client's limit.
std::optional<directory::Refusal> ServiceRegistration::refuse_rules(const wire::HttpRulesPart& rules) const {
    if (!rules.unknown.empty()) {
        return Refusal{Code::unsupported, "This server does not support the rule `" +
                                              printable(rules.unknown, shown_max) +
                                              "`, without which the service must not be served."};
    }
    const std::size_t bytes = rules.bytes();
    if (bytes != 0 && bytes + needs_.table.rule_bytes() > limits::http_rules_bytes_per_session_max) {
        return Refusal{Code::limit, "The rules of this client's services need more than " +
                                        std::to_string(limits::http_rules_bytes_per_session_max) + " bytes in all."};
    }
    return std::nullopt;
}

std::optional<directory::Refusal> ServiceRegistration::refuse_names(const directory::HttpDescription& wanted) const {
    const std::size_t path = wanted.claimed_path().size();
    std::size_t bytes = needs_.table.name_bytes();
    for (const std::string& host : wanted.hosts) {
        bytes += host.size() + path;
    }
    if (bytes <= limits::http_names_bytes_per_session_max) {
        return std::nullopt;
    }
    return Refusal{Code::limit, "The hosts of this client's services, each with its path, need more than " +
                                    std::to_string(limits::http_names_bytes_per_session_max) + " bytes in all."};
}

std::optional<directory::Refusal> ServiceRegistration::read(const wire::Service& description,
                                                            ServicePlace& place) const {
    if (auto refusal = needs_.kinds.find(description.kind)->read(description, place)) {
        return refusal;
    }
    return description.kind == wire::ServiceKind::http ? refuse_rules(description.http.rules) : std::nullopt;
}

void ServiceRegistration::register_checked(std::uint32_t request, const wire::Service& description) {
    // Rights may have changed while plugins were called, and another trunk may have unregistered the service.
    ServicePlace place;
    auto refusal = needs_.at.shared->registry->refuse_ended(needs_.at.facts.key, description.id);
    if (!refusal) {
        refusal = needs_.rights.refuse_kind(description.kind);
    }
    if (!refusal) {
        refusal = needs_.rights.refuse_unproved(directory::reached_by(description), description.proof);
    }
    if (!refusal) {
        refusal = read(description, place);
    }
    if (!refusal) {
        refusal = needs_.kinds.find(description.kind)->choose(description, place);
    }
    if (!refusal && place.hosts() != nullptr) {
        refusal = refuse_names(place.wanted);
    }
    if (refusal) {
        needs_.replies.report_refusal(description, *refusal);
        return;
    }
    if (needs_.plugins != nullptr && place.hosts() != nullptr) {
        place.wanted.notes = needs_.plugins->notes_of(description.id);
        place.wanted.asked = hooks::RequestedPluginsRef(needs_.plugins->requested_plugins_of(description.id));
    }
    SessionService& service = needs_.table.keep(description);
    service.assigned = place.assigned;
    place.terms = needs_.grants.are_needed() ? cluster_terms(description, service.membership) : 0;
    claim(request, description.id, std::move(place));
}

// A place is claimed before it is opened, since a stale session of the same client may have to be evicted first.
void ServiceRegistration::claim(std::uint32_t request, std::uint32_t id, ServicePlace place) {
    SessionService& service = needs_.table.at(id);
    ServiceKind& kind = needs_.kinds.of(service);
    if (kind.assigns(place)) {
        if (const auto refusal = kind.assign(service, place)) {
            needs_.replies.refuse(id, *refusal);
        } else {
            grant(request, service, std::move(place));
        }
        return;
    }
    service.names = kind.names_of(service, place);
    if (const auto refusal = kind.refuse_claim(service, place)) {
        needs_.replies.refuse(id, *refusal);
        return;
    }
    if (service.names.empty()) {
        on_claimed(request, id, service.registration, std::move(place), {}, std::nullopt);
        return;
    }
    auto post = needs_.executor.bind([this, request, id, registration = service.registration, names = service.names,
                                      place = std::move(place)](const std::optional<Refusal>& refusal) {
        on_claimed(request, id, registration, place, names, refusal);
    });
    directory::claim_with_takeover(needs_.at.shared->registry, needs_.at.facts.key, id, service.names, service.group(),
                                   needs_.at.worker.now(), std::move(post));
}

void ServiceRegistration::on_claimed(std::uint32_t request, std::uint32_t id, std::uint64_t registration,
                                     ServicePlace place, const std::vector<directory::ClaimName>& names,
                                     std::optional<Refusal> refusal) {
    SessionService* const service = needs_.has_ended() ? nullptr : needs_.table.find(id, registration);
    if (service == nullptr) {
        // The client has unregistered the service in the meantime. If it has registered it again, that registration
        // makes its own claims.
        needs_.table.release_unwanted(names);
        return;
    }
    if (const auto over = needs_.at.shared->registry->refuse_ended(needs_.at.facts.key, id)) {
        refusal = over;
    } else if (refusal && needs_.kinds.of(*service).choose_again(*service, place, refusal)) {
        claim(request, id, std::move(place));
        return;
    } else if (!refusal) {
        grant(request, *service, std::move(place));
        return;
    }
    if (refusal) {
        needs_.replies.refuse(id, *refusal);
        needs_.table.release_unwanted(names);
    }
}

// The names are claimed here: the cluster decides about them, if there is one, and the service is opened.
void ServiceRegistration::grant(std::uint32_t request, SessionService& service, ServicePlace place) {
    const std::uint32_t id = service.description.id;
    if (!needs_.grants.are_needed()) {
        on_granted(request, id, std::move(place), std::nullopt);
        return;
    }
    const std::uint64_t terms = place.terms;
    needs_.grants.ask(service, terms, [this, request, id, place = std::move(place)](const auto& refusal) {
        on_granted(request, id, place, refusal);
    });
}

void ServiceRegistration::on_granted(std::uint32_t request, std::uint32_t id, ServicePlace place,
                                     std::optional<Refusal> refusal) {
    SessionService& service = needs_.table.at(id);
    if (const auto over = needs_.at.shared->registry->refuse_ended(needs_.at.facts.key, id)) {
        refusal = over;
    } else if (refusal && choose_again(service, place, refusal)) {
        claim(request, id, std::move(place));
        return;
    } else if (!refusal && service.is_carried()) {
        needs_.replies.confirm(request, service);
    } else if (!refusal) {
        refusal = open(request, service, place);
    }
    if (refusal) {
        const std::vector<directory::ClaimName> names = service.names;
        needs_.table.leave(service);
        needs_.replies.refuse(id, *refusal);
        needs_.table.release_unwanted(names);
    }
}

// Another member of the cluster has the names that the server has chosen.
bool ServiceRegistration::choose_again(SessionService& service, ServicePlace& place, std::optional<Refusal>& refusal) {
    const bool is_taken = refusal->code == Code::name_taken || refusal->code == Code::port_taken;
    if (!is_taken || !needs_.kinds.of(service).choose_again(service, place, refusal)) {
        return false;
    }
    needs_.table.leave(service);
    return true;
}

// The place belongs to the service: opens it, or waits for the client that still serves it.
std::optional<directory::Refusal> ServiceRegistration::open(std::uint32_t request, SessionService& service,
                                                            const ServicePlace& place) {
    if (auto full = needs_.rights.count_service(service)) {
        return full;
    }
    if (needs_.handover_queue.must_wait(service)) {
        needs_.handover_queue.wait(request, service, place);
        return std::nullopt;
    }
    if (auto why = needs_.kinds.of(service).open(service, place)) {
        if (why->code == Code::port_taken && place.hosts() == nullptr) {
            why->text += " Choose another port.";
        }
        return why;
    }
    needs_.replies.confirm(request, service);
    return std::nullopt;
}

}  // namespace ferrotunnel::session
