// What a client is told of its services: that they are registered, and where visitors find them, or why they are
// refused.
#include "base/text.hpp"
#include "session/server_session.hpp"
#include "session/server_session_plugins.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

constexpr std::string_view private_address = "private";  // shown to people

}  // namespace

void ServerSession::confirm(std::uint32_t request, std::uint32_t id) {
    const Service& service = services_.at(id);
    const wire::RegisteredService registered =
        registered_as(id, service.public_port ? service.public_port->address() : runtime::SocketAddress(),
                      service.http ? &service.http->description() : nullptr);
    answer_registered(request, registered);
    publish(id, registered.address);
}

// What the client is told of a service with this port, or with these hosts; of a private one neither.
wire::RegisteredService ServerSession::registered_as(std::uint32_t id, const runtime::SocketAddress& at,
                                                     const directory::HttpDescription* http) const {
    const Service& service = services_.at(id);
    wire::RegisteredService registered;
    registered.id = id;
    if (http != nullptr) {
        registered.port = public_place_of(*http).port;
        registered.address = url_of(*http);
        registered.host = service.assigned ? http->hosts.front() : std::string();
    } else if (service.is_private()) {
        registered.address = private_address;
    } else {
        registered.port = at.port();
        registered.address = net::to_text({shown_host_of_port(at), at.port()});
        if (service.transport() == directory::Transport::udp) {
            registered.address.insert(0, "udp://");
        }
    }
    return registered;
}

void ServerSession::answer_registered(std::uint32_t request, const wire::RegisteredService& registered) {
    for (const wire::ControlPayload& payload : wire::encode_registered(request, {&registered, 1})) {
        trunk_->session().send_control(payload);
    }
    trunk_->session_changed();
    if (plugins_) {
        plugins_->confirmed(registered.id, registered);
    }
}

// Shows a service to others, which from now on has visitors.
void ServerSession::publish(std::uint32_t id, const std::string& address) {
    Service& service = services_.at(id);
    std::string name = printable(service.description.name, 64);
    const auto row = shared_->services->row({name, token_name_, address});
    service.meter = row->meter(&worker_);
    service.row = row;
    if (service.http) {
        service.http->count_in(row);
    }
    {
        std::lock_guard lock(view_mutex_);
        view_.services.push_back({id, service.description.kind, name, address, service.port(), service.traffic,
                                  service.http, row, !service.health.healthy});
        view_.services.back().group = service.description.group.name;
        view_.services.back().member = service.public_port ? service.public_port->member_of(*this)
                                       : service.http      ? service.http->member_of(*this)
                                                           : nullptr;
    }
    service.named = shared_->named->add(client_.first, agreement_.peer_name,
                                        {weak_from_this(), id, service.description.kind, name});
    if (service.named && view_.retired) {
        service.named->set_outgoing();
    }
    if (!service.opened) {
        shared_->log->debug("one more connection carries a service",
                            {{"session", agreement_.session}, {"service", name}, {"endpoint", address}});
        return;
    }
    static constexpr LineKind services{"services", limits::client_lines_per_second};
    const bool may_tell = shared_->log->may_write(LogLevel::info, services, worker_.now());
    if (may_tell && service.asked) {
        shared_->log->info("a service is reachable, by the plugins that its client asks for",
                           {{"session", agreement_.session},
                            {"service", name},
                            {"endpoint", address},
                            {"plugins", service.asked->names()}});
    } else if (may_tell) {
        shared_->log->info("a service is reachable",
                           {{"session", agreement_.session}, {"service", name}, {"endpoint", address}});
    }
    notify(ServerNotice::Kind::registered, name, address, Code::none, {});
}

// Refuses a service that was being registered.
void ServerSession::refuse_service(std::uint32_t id, const directory::Refusal& refusal) {
    wire::Service description = services_.at(id).description;
    services_.erase(id);
    tell_refusal(description, refusal);
}

void ServerSession::tell_refusal(const wire::Service& description, const directory::Refusal& refusal) {
    if (plugins_ && !services_.contains(description.id)) {
        plugins_->left(description.id);
    }
    std::string name = printable(description.name, 64);
    wire::Refused refused{description.id, refusal.code, refusal.text};
    trunk_->session().send_control(wire::encode_control(refused));
    trunk_->session_changed();
    if (shared_->registry->refuse_ended(key_, description.id)) {
        return;  // nobody waits for the service any more: the client itself has unregistered it
    }
    static constexpr LineKind refused_services{"refused_services", limits::refusals_told_per_second};
    if (shared_->log->may_write(LogLevel::warn, refused_services, worker_.now())) {
        shared_->log->warn(
            "a service was refused",
            {{"peer", peer_.text()}, {"service", name}, {"code", wire::name_of(refusal.code)}, {"why", refusal.text}});
    }
    if (refusals_.may_tell(worker_.now())) {
        notify(ServerNotice::Kind::refused, name, {}, refusal.code, refusal.text);
    }
}

}  // namespace ferrotunnel::session
