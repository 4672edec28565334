// The member of a group that has the request: which one the visitor had before, how it fares, and what is told of it.
#include <string>
#include <utility>

#include "directory/sticky.hpp"
#include "exchange/http_exchange.hpp"

namespace ferrotunnel::exchange {

using directory::Fared;
using directory::GroupMember;

void HttpExchange::read_stay(const Arrival& arrival) {
    const directory::HttpService::Sticks& sticks = request_.service->sticks();
    if (sticks.by == wire::Sticky::off) {
        return;
    }
    stay_ = std::make_unique<Stay>();
    if (sticks.by == wire::Sticky::address) {
        stay_->address = directory::address_hash(arrival.forwarding.client());
        return;
    }
    for (const http::Field& field : arrival.head.fields) {
        if (field.known == http::FieldName::cookie && stay_->tag.empty() && !sticks.cookie_name.empty()) {
            stay_->tag = directory::cookie_in(field.value, sticks.cookie_name);
        }
    }
}

directory::VisitorAsk HttpExchange::visitor_ask() const noexcept {
    directory::VisitorAsk ask;
    if (request_.service->is_shared()) {
        ask.now = edge_.worker.now();
        ask.not_to = not_to_.get();
        ask.hold = edge_.settings().hold;
        if (stay_) {
            ask.sticky = {stay_->address, stay_->tag};
        }
    }
    return ask;
}

std::optional<directory::HttpService::Carrier> HttpExchange::choose_carrier() {
    return request_.service->choose(passed_, &edge_.worker, visitor_ask());
}

// A member that is asked for a stream, and has none, did not have the request.
void HttpExchange::count_member(const std::shared_ptr<GroupMember>& member) {
    if (member == member_.shared()) {
        return;
    }
    if (repeats_ == 0) {
        member_.take_back();
    }
    member_ = directory::MemberVisit(member);
}

// Sends a request, of which nothing has reached a backend, to a member that can reach its own. False: there is none.
bool HttpExchange::go_to_other_member() {
    if (state_ != State::waiting || member_.member() == nullptr || backend_->connected() || !can_repeat(1)) {
        return false;
    }
    not_to_ = member_.shared();
    auto carrier = choose_carrier();
    if (!carrier) {
        return false;
    }
    ++repeats_;
    EdgeCounters::add(edge_.counters.retries);
    edge_.log.debug("a request is sent to another member", {{"request", request_.id}, {"instead", not_to_->name()}});
    drop_backend();
    open_fresh(std::move(carrier));
    return true;
}

void HttpExchange::tell_member(Fared fared) {
    const GroupMember* const member = member_.member();
    if (member == nullptr || !request_.service->sticks().watches || (fared == Fared::well && !member->is_watched())) {
        return;
    }
    Duration time{};
    const directory::MemberTurn turn = request_.service->tell(*member, fared, edge_.worker.now(), time);
    if (turn != directory::MemberTurn::none && edge_.shared->on_member) {
        edge_.shared->on_member(directory::member_news(*member, turn, fared, time, request_.service->description().name,
                                                       request_.service->description().token_name));
    }
}

// Tells the visitor who has answered, where that is asked for, and gives it the member's cookie, unless it has that.
void HttpExchange::put_member(http::Edits& edits) {
    const GroupMember* const member = member_.member();
    if (member == nullptr || response_.head().is_interim()) {
        return;
    }
    if (edge_.settings().member_header) {
        (void)edits.set("X-FerroTunnel-Member", member->name());
    }
    const directory::HttpService::Sticks& sticks = request_.service->sticks();
    if (sticks.cookie_name.empty() || member->tag().empty() || (stay_ && stay_->tag == member->tag()) ||
        (stay_ && request_.service->keeps_tag(visitor_ask()))) {
        return;
    }
    std::string cookie = sticks.cookie_name + '=' + member->tag() + "; Path=" + sticks.cookie_path;
    cookie.append("; HttpOnly; SameSite=Lax").append(request_.by_tls ? "; Secure" : "");
    (void)edits.add("Set-Cookie", edge_.keep(std::move(cookie)));
}

}  // namespace ferrotunnel::exchange
