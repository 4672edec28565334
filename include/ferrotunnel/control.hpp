// Control: asks a running FerroTunnel program by its control socket, as `ferrotunnel status` does. docs/control.md has
// the JSON.
//
//    for (const auto& program : ferrotunnel::Control::programs()) {
//        std::cout << ferrotunnel::Control(program.path).status();
//    }
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/passed_socket.hpp"

namespace ferrotunnel {

/// Thrown by Control: there was no answer, or it was a refusal.
class FERROTUNNEL_EXPORT control_error : public std::runtime_error {
public:
    enum class Why {
        nobody,     ///< no program listens at that path
        untrusted,  ///< the socket, its folder or the program is another user's
        broken,     ///< no answer in time, or none of the API's
        refused,    ///< the program does not do it: status(), code()
    };

    control_error(Why why, const std::string& text, unsigned status = 0, std::string code = {});
    control_error(const control_error&) = default;
    control_error& operator=(const control_error&) = default;
    ~control_error() override;

    Why why() const noexcept { return why_; }
    /// The status of the answer: 404, say; 0 without an answer.
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

/// Asks one program. It has no connection of its own: each call makes one, waits for the answer, and throws
/// control_error. Any thread; calls block. It trusts only sockets of its own user, in folders into which nobody else
/// can write. Texts in answers may come from peers: they are JSON, and may have control characters where they are
/// decoded.
class FERROTUNNEL_EXPORT Control {
public:
    static constexpr std::chrono::milliseconds timeout_default{30'000};

    /// The programs of this user that have their socket in the usual place (Server::Builder::control). `problems` gets
    /// a sentence for each socket or folder that is not to be trusted.
    static std::vector<ControlProgram> programs(std::vector<std::string>* problems = nullptr);

    explicit Control(std::string path, std::chrono::milliseconds timeout = timeout_default);

    const std::string& path() const noexcept { return path_; }

    /// Answers, as JSON.
    std::string status() const { return ask("GET", "/v1/status"); }
    std::string services() const { return ask("GET", services_); }
    std::string tunnels() const { return ask("GET", "/v1/tunnels"); }
    std::string tokens() const { return ask("GET", "/v1/tokens"); }
    /// The service of a server that a visitor of this URL comes to, and the members of its group. `visitor`: the IP
    /// address of the visitor; `cookie`: the cookies that it has. Empty: none.
    std::string route(std::string_view url, std::string_view visitor = {}, std::string_view cookie = {}) const;
    std::string reload() const { return ask("POST", "/v1/reload"); }
    /// Reloads, and takes back what is applied from then on when `seconds` are over, unless it is confirmed before.
    std::string try_reload(double seconds) const;
    std::string confirm_reload() const { return ask("POST", "/v1/reload", R"({"confirm":true})"); }
    /// What differs between what is in effect and what the configuration says now.
    std::string config_diff() const { return ask("GET", "/v1/config/diff"); }
    /// `seconds` below 0: for as long as the program is set up.
    std::string drain(double seconds = -1) const;
    /// For a process that takes a server's place: the sockets at which that one listens, which continue being its own,
    /// too. Each descriptor is the caller's. See Server::inherit.
    std::vector<PassedSocket> take_sockets() const;
    /// Tells the server that the caller has begun to take its visitors and clients: it accepts no new ones, and ends
    /// when its visitors have finished, as after drain().
    std::string hand_over() const;
    /// `client`: its id, or a name, which several may have.
    std::string kick(const std::string& client) const;
    /// The same, and keeps it out for `seconds`, 1 to 2,592,000.
    std::string kick(const std::string& client, double seconds) const;
    /// `description`: an item of `client.services` of a configuration file, as JSON. Beside what that may have,
    /// `"keep": true` lets it be there again when the program is started again.
    std::string add_service(std::string_view description) const { return ask("POST", services_, description); }
    /// `keep`: what was kept is not kept any more.
    std::string remove_service(std::string_view name, bool keep = false) const;
    /// Switches a client's service off or on, and keeps that where the client has a configuration file.
    std::string set_enabled(std::string_view service, bool enabled) const;

    /// Asks a server's client about its services: what is added, removed, switched and listed with the result is done
    /// there, as far as that client's user lets the server (Client::Builder::managed). `client`: its id, or its name.
    /// Asked of a client's program, this fails with `not_here`.
    Control of_client(std::string_view client) const;

    /// Any other request of the API. Returns the body of an answer with status 2xx.
    std::string ask(std::string_view method, std::string_view path, std::string_view body = {}) const;

private:
    std::string path_;
    std::chrono::milliseconds timeout_;
    std::string services_ = "/v1/services";
};

}  // namespace ferrotunnel
