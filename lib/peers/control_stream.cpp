#include "peers/control_stream.hpp"

#include <exception>
#include <memory>
#include <utility>

#include "peers/link.hpp"
#include "trunk/counted_traffic.hpp"
#include "trunk/socket_pump.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::peers {

void send_control(Link& link, runtime::Fd socket) {
    auto pump = make_intrusive<trunk::SocketPump>(link.worker(), make_intrusive<trunk::Traffic>());
    mux::Session::OpenRequest request;
    request.kind = control_kind;
    auto stream = link.open(request, pump, false);
    if (stream) {
        pump->set_stream(std::move(*stream));
        pump->set_socket(std::move(socket));
    }
}

runtime::Fd receive_control(runtime::Worker& worker, const IntrusivePtr<mux::Stream>& stream, PermitPtr permit) {
    if (!permit) {
        stream->abort(wire::Code::busy);
        return {};
    }
    try {
        auto [own, other] = runtime::socket_pair();
        auto counts = make_intrusive<trunk::Traffic>();  // nobody reads them; the permit ends with the pump
        auto pump =
            make_intrusive<trunk::SocketPump>(worker, trunk::counted_with(std::move(counts), std::move(permit)));
        stream->attach(pump, false);
        pump->set_stream(stream);
        stream->accept();
        pump->set_socket(std::move(own));
        return std::move(other);
    } catch (const std::exception&) {  // no descriptors, or no memory
        stream->abort(wire::Code::busy);
        return {};
    }
}

}  // namespace ferrotunnel::peers
