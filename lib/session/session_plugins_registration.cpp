// Registrations of services that plugins decide on, and the wait for plugins that clients request.
#include <utility>

#include "base/text.hpp"
#include "session/session_plugins.hpp"

namespace ferrotunnel::session {

using hooks::SessionPhase;
using hooks::Step;

namespace {

// The description as plugins have changed it. Their values are checked like those of clients.
wire::Service amended(wire::Service service, const hooks::Amendments& by) {
    if (by.hosts) {
        (service.kind == wire::ServiceKind::tls ? service.tls.hosts : service.http.hosts) = *by.hosts;
    }
    wire::HttpLimitsPart& limits = service.http.limits;
    const auto set = [&by](hooks::Limit limit, std::optional<std::uint64_t>& value) {
        if (const auto& said = by.limits[static_cast<std::size_t>(limit)]) {
            value = said;
        }
    };
    set(hooks::Limit::connect_ms, limits.connect_ms);
    set(hooks::Limit::first_byte_ms, limits.first_byte_ms);
    set(hooks::Limit::upgraded_idle_ms, limits.upgraded_idle_ms);
    set(hooks::Limit::body_rate, limits.body_rate);
    set(hooks::Limit::body_max, limits.body_max);
    if (const auto& upgrades = by.limits[static_cast<std::size_t>(hooks::Limit::upgrades)]) {
        limits.upgrades = *upgrades != 0;
    }
    return service;
}

wire::Code code_of(hooks::PluginRequestRefusal::Why why) {
    switch (why) {
        case hooks::PluginRequestRefusal::Why::not_allowed:
            return wire::Code::forbidden;
        case hooks::PluginRequestRefusal::Why::wrong:
            return wire::Code::protocol;
        case hooks::PluginRequestRefusal::Why::busy:
            break;
    }
    return wire::Code::busy;
}

}  // namespace

// Describes a client's request in normal form: plugins must judge what the server would do. Returns a refusal if the
// request cannot be read.
std::optional<directory::Refusal> SessionPlugins::describe(const wire::Service& description,
                                                           hooks::ServiceFacts& facts) const {
    facts.name = description.name;
    facts.kind = login::name_of(description.kind);
    facts.port = description.remote_port;
    facts.bind = description.bind;
    facts.metadata = description.metadata;
    directory::HttpDescription wanted;
    std::optional<directory::Refusal> refusal;
    if (description.kind == wire::ServiceKind::http || description.kind == wire::ServiceKind::tls) {
        refusal = needs_.read_hosts(description, wanted);
    }
    if (description.kind == wire::ServiceKind::http) {
        facts.path = description.http.path;
    }
    facts.hosts = std::move(wanted.hosts);
    return refusal;
}

bool SessionPlugins::take(std::uint32_t request, const wire::Service& description) {
    if (!hooks_->wants(SessionPhase::registration) && description.plugins.empty()) {
        return false;
    }
    hooks::ServiceFacts facts;
    if (auto refusal = describe(description, facts)) {
        needs_.refuse_service(description, *refusal);
        return true;
    }
    PendingRegistration registration;
    registration.request = request;
    registration.serial = ++serials_;
    registration.description = description;
    registration.facts = std::make_shared<const hooks::ServiceFacts>(std::move(facts));
    registration.key = {at_.facts.client, description.id, digest_of(description)};
    pending_.emplace(description.id, std::move(registration));
    advance(description.id);
    return true;
}

std::size_t SessionPlugins::pending_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [id, registration] : pending_) {
        bytes += wire::bytes_of(registration.description.plugins);
    }
    return bytes;
}

// Calls plugins, or waits for another trunk that does, or joins an existing decision.
void SessionPlugins::advance(std::uint32_t id) {
    PendingRegistration& registration = pending_.at(id);
    auto post = executor_.bind([this](std::uint32_t of, std::uint64_t serial) { advance_if(of, serial); });
    auto callback = [post = std::move(post), id, serial = registration.serial] { attempt([&] { post(id, serial); }); };
    RegistrationTable::Decision decision;
    switch (table().enter(registration.key, at_.facts.key, at_.worker.now(), std::move(callback), decision)) {
        case RegistrationTable::Answer::wait:
            return;
        case RegistrationTable::Answer::join:
            accepted(std::move(pending_.extract(id).mapped()), decision);
            return;
        case RegistrationTable::Answer::ask:
            break;
    }
    hooks::Subject subject;
    subject.client = client();
    subject.service = registration.facts;
    subject.notes = login_notes_;
    registration.call =
        std::make_unique<PluginCall>(at_.worker, *hooks_, SessionPhase::registration, std::move(subject));
    const Step step = registration.call->ask([this, id](Step later) { executor_.run([&] { decided(id, later); }); });
    if (step != Step::wait) {
        decided(id, step);
    }
}

// Another trunk's call is over.
void SessionPlugins::advance_if(std::uint32_t id, std::uint64_t serial) {
    const auto found = pending_.find(id);
    if (found != pending_.end() && found->second.serial == serial) {
        advance(id);
    }
}

void SessionPlugins::decided(std::uint32_t id, Step step) {
    PendingRegistration registration = std::move(pending_.extract(id).mapped());
    hooks::SessionRun* const run = registration.call->run();
    if (step == Step::answer) {
        table().leave(registration.key, at_.facts.key, at_.worker.now());
        const hooks::SessionRefusal refusal = run->take_refusal();
        log_plugin_refusal(*at_.shared->log, at_.worker.now(), "a service", refusal, at_.facts.peer.text(),
                           printable(registration.description.name, 64));
        needs_.refuse_service(registration.description, refusal_by_plugin(refusal));
        return;
    }
    registration.amendments = run != nullptr ? run->take_amendments() : hooks::Amendments{{}, {}, login_notes_, {}};
    if (registration.description.plugins.empty()) {
        accept(std::move(registration));
        return;
    }
    registration.call.reset();
    make_requested(pending_.emplace(id, std::move(registration)).first->second);
}

// --- plugins that the client requests ---

void SessionPlugins::make_requested(PendingRegistration& registration) {
    hooks::PluginRequest wanted;
    wanted.token = at_.facts.client.first;
    wanted.visitors = registration.description.kind == wire::ServiceKind::http ? hooks::PluginTarget::requests
                                                                               : hooks::PluginTarget::connections;
    for (const wire::PluginPart& plugin : registration.description.plugins) {
        wanted.plugins.push_back({plugin.type, plugin.settings});
    }
    using Made = Result<hooks::SharedRequestedPlugins, hooks::PluginRequestRefusal>;
    auto post = executor_.bind(
        [this](std::uint32_t id, std::uint64_t serial, const Made& result) { on_plugins_made(id, serial, result); });
    auto made = [post = std::move(post), id = registration.description.id,
                 serial = registration.serial](const Made& result) { attempt([&] { post(id, serial, result); }); };
    hooks_->make_requested(std::move(wanted), std::move(made));
}

void SessionPlugins::on_plugins_made(std::uint32_t id, std::uint64_t serial,
                                     Result<hooks::SharedRequestedPlugins, hooks::PluginRequestRefusal> made) {
    const auto found = pending_.find(id);
    if (found == pending_.end() || found->second.serial != serial) {
        return;  // the client no longer wants the service
    }
    PendingRegistration registration = std::move(pending_.extract(found).mapped());
    if (!made) {
        table().leave(registration.key, at_.facts.key, at_.worker.now());
        needs_.refuse_service(registration.description, {code_of(made.error().why), made.error().text});
        return;
    }
    registration.amendments.asked = std::move(*made);
    accept(std::move(registration));
}

// --- accepted services ---

void SessionPlugins::accept(PendingRegistration registration) {
    const auto decision = std::make_shared<const hooks::Amendments>(std::move(registration.amendments));
    const RegistrationTable::Key key = registration.key;
    table().accept(key, at_.facts.key, decision);
    accepted(std::move(registration), decision);
    table().registered(key, at_.facts.key);
}

void SessionPlugins::accepted(PendingRegistration registration, const RegistrationTable::Decision& decision) {
    const wire::Service& description = registration.description;
    accepted_[description.id] = {registration.key, decision->notes, decision->asked, description};
    if (auto refusal = needs_.check_service(description)) {  // things may have changed meanwhile
        needs_.refuse_service(description, *refusal);
        return;
    }
    const wire::Service service = amended(description, *decision);
    if (auto problem = wire::problem_of(service)) {
        needs_.refuse_service(
            description,
            {wire::Code::protocol, "A plugin has changed the service so that it is not valid: " + problem->text});
        return;
    }
    needs_.register_checked(registration.request, service);
}

// On its other trunks the client requests what was assigned on the first one.
void SessionPlugins::confirmed(std::uint32_t id, const wire::RegisteredService& registered) {
    const auto found = accepted_.find(id);
    if (found == accepted_.end() || !found->second.asked_for) {
        return;
    }
    wire::Service also = *std::exchange(found->second.asked_for, std::nullopt);
    const bool has_port = also.kind == wire::ServiceKind::tcp || also.kind == wire::ServiceKind::udp;
    if (has_port && also.remote_port == 0) {
        also.remote_port = registered.port;
    } else if (also.kind == wire::ServiceKind::http && !registered.host.empty()) {
        also.http.hosts = {registered.host};
    } else {
        return;
    }
    const RegistrationTable::Key& key = found->second.key;
    table().add_name(key, {key.client, id, digest_of(also)});
}

void SessionPlugins::forget(std::uint32_t id) {
    if (const auto registration = pending_.extract(id)) {
        table().leave(registration.mapped().key, at_.facts.key, at_.worker.now());
    }
    if (const auto accepted = accepted_.extract(id)) {
        table().forget(accepted.mapped().key, at_.facts.key);
    }
    visited_.erase(id);
}

void SessionPlugins::left(std::uint32_t id) {
    if (const auto accepted = accepted_.extract(id)) {
        table().leave(accepted.mapped().key, at_.facts.key, Clock::now());  // the worker may be gone already
    }
    visited_.erase(id);
}

void SessionPlugins::left_all() noexcept {
    const auto all = std::exchange(accepted_, {});
    for (const auto& accepted : all) {
        attempt([&] { table().leave(accepted.second.key, at_.facts.key, Clock::now()); });
    }
    visited_.clear();
}

hooks::SharedRequestedPlugins SessionPlugins::requested_plugins_of(std::uint32_t id) const {
    const auto found = accepted_.find(id);
    return found != accepted_.end() ? found->second.asked : nullptr;
}

hooks::SharedNotes SessionPlugins::notes_of(std::uint32_t id) const {
    const auto found = accepted_.find(id);
    return found != accepted_.end() ? found->second.notes : nullptr;
}

void SessionPlugins::give_up() noexcept {
    login_.reset();
    const auto registrations = std::exchange(pending_, {});
    for (const auto& each : registrations) {
        attempt([&] { table().leave(each.second.key, at_.facts.key, Clock::now()); });
    }
    left_all();
}

}  // namespace ferrotunnel::session
