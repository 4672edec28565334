#include "ferrotunnel/program.hpp"

#include <utility>

#include "api/builder_access.hpp"
#include "api/change_cause.hpp"
#include "api/engine_access.hpp"

namespace ferrotunnel::program {

using detail::EngineAccess;

ChangeCause::ChangeCause(std::string cause, std::string file)
    : cause_before_(std::exchange(detail::PresentCause::get().cause, std::move(cause))),
      file_before_(std::exchange(detail::PresentCause::get().file, std::move(file))) {
    detail::PresentCause::get().has_refusal = false;
}

ChangeCause::~ChangeCause() {
    detail::PresentCause::get().cause = std::move(cause_before_);
    detail::PresentCause::get().file = std::move(file_before_);
    detail::PresentCause::get().has_refusal = false;
}

void note_reload(Client& client, bool applied, std::string_view outcome) {
    EngineAccess::of(client).note_reload(applied, outcome);
}

void note_reload(Server& server, bool applied, std::string_view outcome) {
    EngineAccess::of(server).note_reload(applied, outcome);
}

void on_trial(Client& client, TrialHandler handler) {
    EngineAccess::of(client).control().set(&detail::ControlHandlers::trial, std::move(handler));
}

void on_trial(Server& server, TrialHandler handler) {
    EngineAccess::of(server).control().set(&detail::ControlHandlers::trial, std::move(handler));
}

void on_trial_left(Client& client, TrialLeftHandler handler) {
    EngineAccess::of(client).control().set(&detail::ControlHandlers::trial_left, std::move(handler));
}

void on_trial_left(Server& server, TrialLeftHandler handler) {
    EngineAccess::of(server).control().set(&detail::ControlHandlers::trial_left, std::move(handler));
}

void on_compare(Client& client, CompareHandler handler) {
    EngineAccess::of(client).control().set(&detail::ControlHandlers::compare, std::move(handler));
}

void on_compare(Server& server, CompareHandler handler) {
    EngineAccess::of(server).control().set(&detail::ControlHandlers::compare, std::move(handler));
}

void keep_services_beside(Client& client, std::string file) {
    EngineAccess::of(client).keep_services_beside(std::move(file));
}

void set_known_servers(Client::Builder& builder, std::vector<std::string> servers) {
    detail::BuilderAccess::settings_of(builder).known_servers = std::move(servers);
}

std::vector<std::string> known_servers(const Client& client) {
    return EngineAccess::of(client).known_servers();
}

void inherit(Server& server, std::vector<PassedSocket> sockets) {
    std::vector<runtime::NamedSocket> named;
    for (PassedSocket& one : sockets) {
        named.push_back({runtime::Fd(one.descriptor), std::move(one.name), one.is_kept});
    }
    EngineAccess::of(server).handover().inherit(std::move(named));
}

void inherit_ticket_keys(Server& server, std::string keys) {
    EngineAccess::of(server).handover().inherit_ticket_keys(std::move(keys));
}

void take_control_name(Server& server) {
    EngineAccess::of(server).control().claim_wanted_path();
}

std::vector<PassedSocket> sockets(const Server& server) {
    std::vector<PassedSocket> copies;
    if (Server::Impl* const engine = EngineAccess::find(server)) {
        for (runtime::NamedSocket& one : engine->handover().sockets_to_keep()) {
            copies.push_back({one.socket.release(), std::move(one.name)});
        }
    }
    return copies;
}

std::uint64_t socket_changes(const Server& server) {
    Server::Impl* const engine = EngineAccess::find(server);
    return engine != nullptr ? engine->handover().socket_changes() : 0;
}

bool is_replaced(const Server& server) {
    Server::Impl* const engine = EngineAccess::find(server);
    return engine != nullptr && engine->handover().is_replaced();
}

}  // namespace ferrotunnel::program
