// Client of a running program's control socket, as used by `ferrotunnel status`. docs/control.md describes the JSON.
//
//    for (const auto& program : ferrotunnel::Control::programs()) {
//        std::cout << ferrotunnel::Control(program.path).status();
//    }
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/passed_socket.hpp"

namespace ferrotunnel {

/// Thrown by Control if there is no answer, or if it is a refusal.
class FERROTUNNEL_EXPORT control_error : public std::runtime_error {
public:
    enum class Why {
        nobody,     ///< no program listens at that path
        untrusted,  ///< the socket, its folder or the program belongs to another user
        broken,     ///< no answer in time, or not a valid one
        refused,    ///< the program refused: see status() and code()
    };

    control_error(Why why, const std::string& text, unsigned status = 0, std::string code = {});
    control_error(const control_error&) = default;
    control_error& operator=(const control_error&) = default;
    ~control_error() override;

    Why why() const noexcept { return why_; }
    /// The HTTP status of the answer, such as 404; 0 without an answer.
    unsigned status() const noexcept { return status_; }
    /// The code of the refusal, "not_found"; empty without an answer.
    const std::string& code() const noexcept { return code_; }

private:
    Why why_;
    unsigned status_;
    std::string code_;
};

/// A running program that has a control socket.
struct ControlProgram {
    std::string path;  ///< of the socket
    std::string side;  ///< "server" or "client"
};

/// Sends requests to one program. Each call makes a connection, waits for the answer, and throws control_error on
/// failure. Callable on any thread; calls block. Only sockets of the same user, in folders that no other user can write
/// into, are trusted. Texts in answers may come from peers: they may contain control characters after JSON decoding.
class FERROTUNNEL_EXPORT Control {
public:
    static constexpr std::chrono::milliseconds timeout_default{30'000};

    /// The programs of this user that have their socket in the usual place (Server::Builder::control). `problems` gets
    /// a sentence for each socket or folder that cannot be trusted.
    static std::vector<ControlProgram> programs(std::vector<std::string>* problems = nullptr);

    explicit Control(std::string path, std::chrono::milliseconds timeout = timeout_default);

    const std::string& path() const noexcept { return path_; }

    /// These return the answer as JSON.
    std::string status() const;
    std::string services() const { return ask("GET", services_); }
    std::string tunnels() const;
    std::string tokens() const;
    /// Adds a token that all servers of the cluster accept. `rights`: those of a token of the configuration file, as a
    /// JSON object. `secret`: in the form of `ferrotunnel token`; empty: the answer has a new one. In the answer
    /// `stored` is false if etcd has not confirmed the change within 3 s; it may still get it.
    std::string token_add(const std::string& name, std::string_view rights = "{}", std::string_view secret = {}) const;
    /// Replaces the rights of such a token, or removes it. The answers have `stored`, too.
    std::string token_rights(const std::string& name, std::string_view rights) const;
    std::string token_remove(const std::string& name) const;
    /// The service of a server that this URL reaches, and the members of its group. `visitor`: the IP address of the
    /// visitor; `cookie`: its cookies. Empty: none.
    std::string route(std::string_view url, std::string_view visitor = {}, std::string_view cookie = {}) const;
    std::string reload() const;
    /// Reloads, and reverts everything applied from then on after `seconds`, unless it is confirmed before.
    std::string try_reload(double seconds) const;
    std::string confirm_reload() const;
    /// The differences between the settings in effect and the current configuration.
    std::string config_diff() const;
    /// Begins a drain. `seconds` below 0: the program's own drain time.
    std::string drain(double seconds = -1) const;
    /// For a process that replaces a server: copies of the server's listening sockets. The caller owns each descriptor.
    /// See program::inherit.
    std::vector<PassedSocket> take_sockets() const;
    /// Likewise: the keys of visitors' session tickets, secrets, so that their TLS sessions stay resumable. Empty if
    /// the server has none or is too old to hand them over. See program::inherit_ticket_keys.
    std::string take_ticket_keys() const;
    /// Reports to the server that the caller now accepts its visitors and clients: the server accepts no new ones, and
    /// ends when its visitors have finished, as after drain().
    std::string hand_over() const;
    /// Closes the connections of a client. `client`: its id, or a name, which several clients may have.
    std::string kick(const std::string& client) const;
    /// Like kick(client), and keeps the client out for `seconds`, 1 to 2,592,000.
    std::string kick(const std::string& client, double seconds) const;
    /// The names of a server that have certificates from CAs, or wait for them, and its accounts at the CAs.
    std::string acme() const;
    /// Likewise, with only this name, or none if the server does not know it.
    std::string acme(const std::string& name) const;
    /// Orders the certificate of this name again now, or of all names that wait after a failure if it is empty, and
    /// does not wait for the result.
    std::string acme_renew(const std::string& name = {}) const;
    /// The TXT records that let CAs issue wildcard certificates to the server (DNS-PERSIST-01). `check`: looks them up.
    /// Registers an account at a CA that has none, so that the answer may take 90 s: give a timeout of 100 s.
    std::string acme_records(bool check = true) const;
    /// Likewise, for a host of your choice: for a wildcard if the host is one, or has one in the server's settings.
    std::string acme_records(bool check, const std::string& host) const;
    /// Replaces the key of the server's account at each CA; takes as long as acme_records().
    std::string acme_change_keys() const;
    /// The certificate of a server's own CA (Https::self), for those who want to trust it.
    std::string own_authority() const;
    /// A server that is a member of a cluster, and the other members.
    std::string cluster() const;
    /// The hosts, public ports and private services of the clients of all members, in pages: `from` is 0 for the first
    /// one, otherwise the `next` of the page before.
    std::string cluster_names(std::uint64_t from = 0) const;
    /// Ends the claims of another member that does not return. Its names stay reserved for their tokens for a while.
    std::string cluster_forget(const std::string& member) const;
    /// What a backup of the cluster needs, sealed by its key, in pages: {"values": [...], "next": "..."}. `after`:
    /// empty, then the `next` of the page before; the last page has none.
    std::string cluster_values(const std::string& after = {}) const;
    /// Restores values of such pages: {"values": [...]}, of 60 KiB at most.
    std::string cluster_restore(std::string_view values) const;
    /// Adds a service. `description`: an item of `client.services` of a configuration file, as JSON; in addition,
    /// `"keep": true` saves it for the next start of the program.
    std::string add_service(std::string_view description) const { return ask("POST", services_, description); }
    /// Removes a service. `keep`: a saved one is removed from the saved services too.
    std::string remove_service(std::string_view name, bool keep = false) const;
    /// Enables or disables a client's service, and saves this state if the client has a configuration file.
    std::string set_enabled(std::string_view service, bool enabled) const;

    /// Returns a Control for the services of a server's client: adding, removing, switching and listing services with
    /// the result apply to that client, as far as its user allows (Client::Builder::managed). `client`: its id or its
    /// name. On a client's own program, this fails with `not_here`.
    Control of_client(std::string_view client) const;

    /// Returns a Control for another member of the cluster that the program, a server, belongs to: its requests are
    /// forwarded to that member. `member`: its name in the cluster. Not for sockets and keys of a hand-over.
    Control of_member(std::string_view member) const;

    /// Any other request of the API. Returns the body of an answer with status 2xx.
    std::string ask(std::string_view method, std::string_view path, std::string_view body = {}) const;

private:
    std::string path_;
    std::chrono::milliseconds timeout_;
    std::string services_ = "/v1/services";
    std::string prefix_{};  // instead of "/v1", for another member; empty: the program itself
};

}  // namespace ferrotunnel
