// A session as a member of a group: how its visitors fare.
#include "base/text.hpp"
#include "session/member_tap.hpp"
#include "session/server_session.hpp"

namespace ferrotunnel::session {

void ServerSession::watch(trunk::SocketPump& pump, IntrusivePtr<mux::Stream> stream, std::uint32_t id,
                          const std::shared_ptr<directory::MemberVisit>& visit) {
    const Service& service = services_.at(id);
    if (!visit || !service.membership || service.membership->eject.failures == 0) {
        return;
    }
    auto tell = [member = visit->shared(), port = service.public_port, http = service.http, shared = shared_,
                 name = printable(service.description.name, 64),
                 token = token_name_](directory::Fared fared, TimePoint now) {
        if (fared == directory::Fared::well && !member->is_watched()) {
            return;
        }
        Duration time{};
        const directory::MemberTurn turn = port   ? port->tell(*member, fared, now, time)
                                           : http ? http->tell(*member, fared, now, time)
                                                  : directory::MemberTurn::none;
        if (turn != directory::MemberTurn::none && shared->on_member) {
            shared->on_member(directory::member_news(*member, turn, fared, time, name, token));
        }
    };
    pump.set_tap(std::make_unique<MemberTap>(std::move(stream), std::move(tell)));
}

}  // namespace ferrotunnel::session
