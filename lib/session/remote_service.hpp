// Services of other members of the cluster that visitors of this server name: private ones, and public TCP ports.
//
//   visits, CONNECT, Server::async_open --name--> ServerShared::find_remote --members that have it--> RemoteOpener
//                                  <--stream that a member's client has accepted, or why there is none--'
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/intrusive_ptr.hpp"
#include "base/result.hpp"
#include "login/token.hpp"
#include "mux/stream.hpp"
#include "net/ip_address.hpp"
#include "runtime/worker.hpp"
#include "trunk/traffic.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::session {

/// What a visitor names.
struct RemoteService {
    /// The token that the service belongs to. Of a port: empty for that of any token.
    std::optional<login::TokenId> of_token{};
    login::TokenId by_token{};  // that the visitor has shown
    std::string name{};         // of a private service, as its client spells it; empty: a port
    std::uint16_t port = 0;     // a public TCP port
};

/// A stream to a member, whose client has accepted the visitor.
struct RemoteStream {
    /// Its endpoint half does not work yet: it has to be attached again, to the waker of the one that will.
    IntrusivePtr<mux::Stream> stream;
    runtime::Worker& worker;  // of the stream's session
    IntrusivePtr<trunk::Traffic> traffic;
};

/// Called once: on the stream's worker, or on any thread with the reason of a failure. `unknown_service`: no member has
/// it any more.
using RemoteOpened = std::function<void(Result<RemoteStream, wire::Code>)>;
/// Opens a stream for one visitor, at one member after the other, until a client accepts it. Any thread.
using RemoteOpener = std::function<void(const net::Address& visitor, RemoteOpened opened)>;

}  // namespace ferrotunnel::session
