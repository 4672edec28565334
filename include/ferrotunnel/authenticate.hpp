// Tokens that the application looks up when a client logs in, instead of a table that it loads beforehand.
//
//    builder.authenticate([&users](const ferrotunnel::ClientLogin& login, ferrotunnel::LoginReply reply) {
//        if (auto user = users.find(login.token_id)) {
//            reply.accept({.secret = ferrotunnel::Secret::from_string(user->token), .name = user->name});
//        } else {
//            reply.refuse();
//        }
//    });
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/rights.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel {

/// The id of a token, 16 hexadecimal digits in lower case: clients send it instead of the token, and logs and
/// `ferrotunnel tokens` show it. An application that stores tokens stores it beside each, to find a token by its id. It
/// reveals nothing about a token that Secret::generate() made; of one that a person made up, guesses can be tested with
/// it. Empty if the text is not a valid token.
FERROTUNNEL_EXPORT std::string token_id(const Secret& token);

/// What a client states about itself before it has proved anything. Texts from the client may contain any characters;
/// what is not printable is replaced by `?`.
struct ClientLogin {
    std::string token_id{};  ///< see ferrotunnel::token_id
    std::string address{};   ///< the client's IP address
    std::uint16_t port = 0;  ///< its port
    std::string name{};      ///< the client's own name (Client::Builder::name); untrusted, or empty
    std::string version{};   ///< its program and version, "ferrotunnel/0.2.0"; untrusted
    std::map<std::string, std::string> metadata{};  ///< of the client's settings; untrusted, often empty
};

/// A token that the application accepts; the client still has to prove it.
struct AcceptedLogin {
    /// The token. Its id must be the one that was asked for.
    Secret secret{};
    /// The name of the token in logs, events and rights, at most 256 bytes of printable characters; it must not be the
    /// name of a token in the server's table. Several tokens may have one name: quotas, hosts and ports belong to each
    /// token. Empty: the id.
    std::string name{};
    /// As for Server::Builder::add_token, but they permit only, and reserve nothing: a host or port belongs to the
    /// first client whose token may have it. Rights of a token in the table precede, unless those here are more
    /// specific.
    Rights rights{};
    /// How long further logins with this token are answered without a call of the handler, up to 24 h. They get these
    /// rights, from whatever address: `rights.from` limits that. Default: 0, each login calls the handler.
    std::chrono::milliseconds cache_for{0};
    /// How much longer the cached answer is used while the handler fails to answer (LoginReply::fail, no answer in
    /// time), up to 24 h. Default: 0, such a login is refused, and the client retries.
    std::chrono::milliseconds cache_if_failing{0};
};

/// The answer about one login: exactly one of accept(), refuse() and fail(), on any thread, within the handler or after
/// it. A second answer, one after the deadline, and one after the server has ended do nothing. Destroying it without an
/// answer is fail(). It can be moved and not copied; one object is used by one thread at a time.
class FERROTUNNEL_EXPORT LoginReply {
public:
    LoginReply(LoginReply&& other) noexcept;
    LoginReply& operator=(LoginReply&& other) noexcept;
    ~LoginReply();

    /// The token exists. If `login` is not valid (the secret has another id, the name is taken, a right is malformed, a
    /// weak token is not allowed), the log has the reason as an error, and this is fail().
    void accept(AcceptedLogin login) noexcept;
    /// The token does not exist. The client gets the same answer as with a wrong proof, and gives up unless it was
    /// accepted before.
    void refuse() noexcept;
    /// The token cannot be looked up now. The client is asked to try again later; `why` is for the log.
    void fail(std::string why) noexcept;
    /// Whether an answer still has an effect: the client waits, and the deadline is not over.
    bool is_wanted() const noexcept;

    /// Only for the library.
    class Impl;
    explicit LoginReply(std::unique_ptr<Impl> impl) noexcept;

private:
    std::unique_ptr<Impl> impl_;
};

/// Looks up a token. An exception is logged as an error; the client is asked to try again later, if the reply was not
/// moved from or answered before.
using AuthenticateHandler = std::function<void(const ClientLogin& login, LoginReply reply)>;

struct AuthenticateLimits {
    /// How long a login waits for its answer, including its wait for a free place; 10 ms to 60 s. The whole login must
    /// be over within Timing::handshake_timeout.
    std::chrono::milliseconds deadline{5'000};
    /// Calls without an answer at a time, 1 to 1,024; further logins wait in their order. A call that is not answered
    /// keeps its place until its deadline, also if the client has left.
    unsigned calls = 64;
    /// Likewise of one client address, 1 to 1,024; an IPv6 address stands for its /64.
    unsigned calls_per_address = 8;
};

}  // namespace ferrotunnel
