// How a client takes the place of another of its identity (docs/architecture/handover.md): what it registers is claimed
// and waits; when it says so all of that is opened, in the place of what the other one has; and that one is told to go.
#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "session/limits.hpp"
#include "session/server_session.hpp"

namespace ferrotunnel::session {

using wire::Code;

// --- who comes ---

// The port that a predecessor's service of this name has, for one that leaves the choice to the server; 0: none has.
std::uint16_t ServerSession::port_of_predecessor(const wire::Service& description) const {
    for (const auto& predecessor : shared_->registry->predecessors(key_)) {
        if (const auto port = predecessor->assigned_port(description.kind, printable(description.name, 64));
            port != 0) {
            return port;
        }
    }
    return 0;
}

bool ServerSession::waits_for_place(const Service& service) const {
    if (service.is_private()) {
        return !shared_->registry->predecessors(key_).empty();
    }
    return std::any_of(service.names.begin(), service.names.end(), [this](const directory::ClaimName& name) {
        return shared_->registry->waits_for_place(key_, name);
    });
}

// The client has the service as far as it is concerned: it is told so, and where visitors will find it.
void ServerSession::await_place(std::uint32_t request, std::uint32_t id, Awaited how) {
    Service& service = services_.at(id);
    service.awaited = std::make_shared<const Awaited>(std::move(how));
    const directory::HttpDescription& wanted = service.awaited->wanted;
    answer_registered(request, registered_as(id, service.awaited->at, wanted.hosts.empty() ? nullptr : &wanted));
    if (!place_timer_) {
        place_timer_ = std::make_unique<runtime::Timer>(worker_, [this] { look_for_place(); });
    }
    if (!replaced_ && !place_timer_->is_set()) {
        place_timer_->set_after(limits::place_look_every);
    }
}

// Opens what nobody else has any more: the other client may have gone by itself.
void ServerSession::look_for_place() {
    if (ended_ || yielding_) {
        return;  // a fresh session of the client asks for all of it
    }
    std::vector<std::uint32_t> free;
    bool any = false;
    for (const auto& [id, service] : services_) {
        any = any || service.awaited;
        if (service.awaited && !waits_for_place(service)) {
            free.push_back(id);
        }
    }
    for (const std::uint32_t id : free) {
        open_awaited(id, {});
    }
    if (any && !ended_) {
        place_timer_->set_after(limits::place_look_every);
    }
}

// `owners`: who may have what it asks for, and loses it.
void ServerSession::open_awaited(std::uint32_t id, const std::vector<directory::ClientId>& owners) {
    Service& service = services_.at(id);
    const std::shared_ptr<const Awaited> how = std::exchange(service.awaited, nullptr);
    std::optional<directory::Refusal> refusal;
    if (!how->wanted.hosts.empty()) {
        shared_->http->make_way(owners, how->wanted);
        refusal = open_hosts(id, how->wanted);
    } else if (!service.is_private()) {
        shared_->ports->bequeath(owners, owner_of(service), service.transport(), how->at);
        refusal = open_port(id, how->at);
    }
    if (refusal) {
        for (const directory::ClaimName& name : service.names) {
            shared_->registry->release(key_, name);
        }
        refuse_service(id, *refusal);
        return;
    }
    publish(id, registered_as(id, how->at, how->wanted.hosts.empty() ? nullptr : &how->wanted).address);
}

void ServerSession::take_over() {
    if ((agreement_.features & wire::feature::handover) == 0 ||
        !take_overs_rate_.take(limits::take_overs_pace, worker_.now())) {
        return;
    }
    const auto self = shared_from_this();
    const auto succession =
        std::make_shared<const directory::Registry::Succession>(shared_->registry->succession(key_));
    // The address is told on another thread perhaps, while a resume changes it on this one.
    const auto settle = [self, succession, by = peer_.text()] {
        const auto predecessors = self->shared_->registry->settle(*succession);
        for (const auto& predecessor : predecessors) {
            predecessor->replaced(by);
        }
        self->mailbox_->post_call([self, clients = static_cast<std::uint32_t>(succession->predecessors.size())] {
            self->guarded([&] { self->told_predecessors(clients); });
        });
    };
    // Counted in full before the first order, which may be carried out at once.
    const auto waiting = std::make_shared<std::atomic<std::size_t>>(succession->trunks.size());
    for (const auto& trunk : succession->trunks) {
        trunk->take_place(succession->owners, [waiting, settle] {
            if (--*waiting == 0) {
                settle();
            }
        });
    }
}

void ServerSession::told_predecessors(std::uint32_t clients) {
    if (ended_) {
        return;
    }
    trunk_->session().send_control(wire::encode_control(wire::TakenOver{clients}));
    trunk_->session_changed();
    static constexpr LineKind lines{"take_overs", limits::client_lines_per_second};
    if (clients != 0 && shared_->log->may_write(LogLevel::info, lines, worker_.now())) {
        shared_->log->info("a client has taken the place of others", {{"session", agreement_.session},
                                                                      {"client", agreement_.peer_name},
                                                                      {"identity", agreement_.peer_identity},
                                                                      {"others", clients}});
    }
}

void ServerSession::take_place(std::vector<directory::ClientId> owners, std::function<void()> done) {
    const bool reached = mailbox_->post_call([self = shared_from_this(), owners = std::move(owners), done] {
        self->guarded([&] {
            std::vector<std::uint32_t> waiting;
            for (const auto& [id, service] : self->services_) {
                if (service.awaited) {
                    waiting.push_back(id);
                }
            }
            for (const std::uint32_t id : waiting) {
                self->open_awaited(id, owners);
            }
        });
        done();
    });
    if (!reached) {
        done();
    }
}

// --- who goes ---

std::uint16_t ServerSession::assigned_port(wire::ServiceKind kind, const std::string& name) const {
    std::uint16_t port = 0;
    look([&](const SessionView& view) {
        const auto found = std::find_if(view.services.begin(), view.services.end(), [&](const auto& service) {
            return service.kind == kind && service.name == name;
        });
        port = found != view.services.end() ? found->port : std::uint16_t{0};
    });
    return port;
}

// What is on its way to it still arrives, and requests that had been given to it before its place was taken.
void ServerSession::replaced(std::string by) {
    mailbox_->post_call([self = shared_from_this(), by = std::move(by)] {
        self->guarded([&] {
            if (self->ended_ || !self->welcome_ || std::exchange(self->replaced_, true)) {
                return;
            }
            self->set_retired();
            self->place_timer_ = std::make_unique<runtime::Timer>(
                self->worker_, [session = self.get(), by] { session->leave_place(by); });
            self->place_timer_->set_after(limits::replaced_grace);
        });
    });
}

// The client drains, as if it had been told to stop.
void ServerSession::leave_place(const std::string& by) {
    const std::string from = by.empty() ? std::string() : ", from " + by;
    trunk_->session().send_control(
        wire::encode_control(wire::Replaced{"Another client of its identity has taken this one's place" + from + "."}));
    trunk_->session_changed();
    close_services();
}

}  // namespace ferrotunnel::session
