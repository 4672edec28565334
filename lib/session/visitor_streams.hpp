// Streams for visitors: opened on the trunk, counted, and joined with the visitor's socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "directory/http_carrier.hpp"
#include "directory/tls_visitor.hpp"
#include "session/service_table.hpp"
#include "session/trunk_load.hpp"
#include "trunk/socket_pump.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker. A visitor that gets no stream here is passed to another trunk; if none has room, it
/// is refused.
class VisitorStreams {
public:
    struct Needs {
        const SessionContext& at;
        ServiceTable& table;
        const IntrusivePtr<trunk::Trunk>& trunk;  // of the session
        directory::VisitorCarrier& of_ports;      // the session, for comparison
        directory::HttpCarrier& of_hosts;
    };

    explicit VisitorStreams(Needs needs) : needs_(std::move(needs)) {}

    /// Whether the maximum number of the service's visitors already waits for the client's answer.
    bool must_wait(std::uint32_t service) const { return needs_.trunk->session().must_wait(service); }
    void open(SessionService& service, directory::Visitor visitor);
    void open(SessionService& service, directory::TlsVisitor visitor);
    /// A stream of the edge, for a visitor of an HTTP service. `counted` is its load.
    Result<directory::HttpStream, wire::Code> open_http(SessionService& service, const net::Address& visitor,
                                                        IntrusivePtr<buffer::Waker> waker, bool foreign,
                                                        TrunkLoad::Count counted);
    /// A stream of the application.
    Result<IntrusivePtr<mux::Stream>, wire::Code> open_plain(SessionService& service, IntrusivePtr<buffer::Waker> waker,
                                                             bool foreign);

    /// Passes the visitor to another trunk. False if there is none; the caller still has it.
    bool pass_on(directory::Visitor& visitor) const;
    bool pass_on(directory::TlsVisitor& visitor) const;
    /// Counts and logs a rejected visitor.
    void report_refused(const std::string& visitor, wire::Code code) const;
    /// Counts a visitor towards the token's quota, unless another trunk has. False if the quota is used up, which was
    /// reported. `of_token` is null for a token without such a quota.
    bool count(directory::TokenUse::Counted& of_token, const net::Address& from) const;

private:
    template <typename AnyVisitor>
    void open_distant(SessionService& service, AnyVisitor& visitor, mux::Session::OpenRequest& request,
                      IntrusivePtr<trunk::Traffic> traffic);
    template <typename AnyVisitor>
    void carry(SessionService& service, AnyVisitor& visitor, mux::Session::OpenRequest& request,
               IntrusivePtr<trunk::Traffic> traffic);
    template <typename AnyVisitor>
    IntrusivePtr<mux::Stream> open_for(SessionService& service, AnyVisitor& visitor, mux::Session::OpenRequest& request,
                                       IntrusivePtr<buffer::Waker> waker, bool foreign,
                                       trunk::TrafficCounter* counts_in);
    Result<IntrusivePtr<mux::Stream>, wire::Code> open_stream(SessionService& service,
                                                              mux::Session::OpenRequest& request,
                                                              IntrusivePtr<buffer::Waker> waker, bool foreign);
    template <typename AnyVisitor>
    IntrusivePtr<trunk::TrafficCounter> counter_of(const SessionService& service, const AnyVisitor& visitor,
                                                   const net::Address& from,
                                                   IntrusivePtr<trunk::Traffic> traffic) const;
    void count_visit(const SessionService& service, const net::Address& from) const;
    void watch(trunk::SocketPump& pump, IntrusivePtr<mux::Stream> stream, const SessionService& service,
               const std::shared_ptr<directory::MemberVisit>& visit) const;
    const std::shared_ptr<shaping::ServiceShape>& shape_of(SessionService& service) const;

    const Needs needs_;
};

}  // namespace ferrotunnel::session
