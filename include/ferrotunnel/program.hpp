// For programs that are a tunnel's client or server themselves, as `ferrotunnel run` is: reloads with a trial, saved
// services, and replacing a running process. Applications that embed a client or server seldom need this.
//
// All functions may be called from any thread. For an empty handle they throw std::system_error with errc::not_running,
// except sockets(), socket_changes() and is_replaced(), which return nothing, 0 and false.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/control_handlers.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/passed_socket.hpp"
#include "ferrotunnel/server.hpp"

namespace ferrotunnel::program {

// --- reloads ---

/// Counts a reload of the configuration for metrics, and whether it was `applied`. `outcome`: the changes or the reason
/// of the refusal, for the log and Event::Kind::reloaded.
FERROTUNNEL_EXPORT void note_reload(Client& client, bool applied, std::string_view outcome = {});
FERROTUNNEL_EXPORT void note_reload(Server& server, bool applied, std::string_view outcome = {});

/// The cause of the changes that this thread makes while the object exists, for the audit log: "SIGHUP", and the
/// configuration file that it concerns. Without one the log says "library". If several exist, the most recent applies.
class ChangeCause {
public:
    FERROTUNNEL_EXPORT explicit ChangeCause(std::string cause, std::string file = {});
    FERROTUNNEL_EXPORT ~ChangeCause();
    ChangeCause(const ChangeCause&) = delete;
    ChangeCause& operator=(const ChangeCause&) = delete;

private:
    std::string cause_before_;
    std::string file_before_;
};

/// Set the handlers of the control socket's `reload --try`, of the time that a trial has left, for `status`, and of
/// `config diff`. Without a handler they are refused. May be called at any time.
FERROTUNNEL_EXPORT void on_trial(Client& client, TrialHandler handler);
FERROTUNNEL_EXPORT void on_trial(Server& server, TrialHandler handler);
FERROTUNNEL_EXPORT void on_trial_left(Client& client, TrialLeftHandler handler);
FERROTUNNEL_EXPORT void on_trial_left(Server& server, TrialLeftHandler handler);
FERROTUNNEL_EXPORT void on_compare(Client& client, CompareHandler handler);
FERROTUNNEL_EXPORT void on_compare(Server& server, CompareHandler handler);

/// Allows the control socket to save services, in conf.d/90-runtime.yml beside this configuration file; Config includes
/// that automatically. Without this call, saving is refused. `file` must have a client section, and the program calls
/// Client::apply() with it after a change. May be called at any time.
FERROTUNNEL_EXPORT void keep_services_beside(Client& client, std::string file);

// --- servers of a cluster ---

/// Sets the servers that an earlier client with the same settings knew (known_servers()), for the time when those of
/// Builder::servers are away. Invalid addresses are ignored, and all beyond 16.
FERROTUNNEL_EXPORT void set_known_servers(Client::Builder& builder, std::vector<std::string> servers);
/// The servers of the cluster that this client knows beside those of Builder::servers, and may use: "b:7835". May
/// change whenever the client has connected.
FERROTUNNEL_EXPORT std::vector<std::string> known_servers(const Client& client);

// --- replacing a running server ---

/// Passes listening sockets to this server before start(): those of a server that it replaces (Control::take_sockets),
/// or of a service manager. The server owns them from then on. Instead of listening at the address of such a socket
/// (with port 0: if the name matches) it uses the socket, also for public ports of clients that connect later; sockets
/// still unused 10 s after the start are closed. Then Control::hand_over makes the other server end, and
/// take_control_name() gives the control socket of this server the name of the other one's.
FERROTUNNEL_EXPORT void inherit(Server& server, std::vector<PassedSocket> sockets);
FERROTUNNEL_EXPORT void take_control_name(Server& server);
/// Passes the keys of session tickets of the server that this one replaces (Control::take_ticket_keys), before start():
/// visitors then resume their TLS sessions with this server. A text of another form, and an empty one, is ignored.
FERROTUNNEL_EXPORT void inherit_ticket_keys(Server& server, std::string keys);
/// Copies of the listening sockets, each owned by the caller. While a copy is open, new connections wait in the kernel
/// for the next process: Server::stop() closes only its own descriptors, so no socket stops listening.
FERROTUNNEL_EXPORT std::vector<PassedSocket> sockets(const Server& server);
/// Number of changes to sockets() so far: public ports open and close with their clients.
FERROTUNNEL_EXPORT std::uint64_t socket_changes(const Server& server);
/// Whether another process replaces this server: the handler of Server::on_drain() was called for that, and stop() lets
/// the present visitors finish, while clients and new visitors go to the other process.
FERROTUNNEL_EXPORT bool is_replaced(const Server& server);

}  // namespace ferrotunnel::program
