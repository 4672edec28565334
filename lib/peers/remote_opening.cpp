#include "peers/remote_opening.hpp"

#include <exception>
#include <utility>

#include "peers/visitor_header.hpp"

namespace ferrotunnel::peers {

using session::RemoteService;
using session::RemoteStream;
using wire::Code;

namespace {

std::vector<std::uint8_t> metadata_of(const RemoteService& to) {
    VisitorHeader header;
    if (!to.name.empty()) {
        header.service = to.name;
        header.of_token = to.of_token;
        header.by_token = to.by_token;
    }
    return encode_visitor_header(header);
}

bool is_of_member(Code code) noexcept {
    return code == Code::unknown_service || code == Code::busy || code == Code::going_away;
}

}  // namespace

RemoteOpening::RemoteOpening(Members members, const RemoteService& to, const net::Address& visitor,
                             session::RemoteOpened opened)
    : members_(std::move(members)), metadata_(metadata_of(to)), opened_(std::move(opened)) {
    request_.kind = to.name.empty() ? wire::ServiceKind::tcp : wire::ServiceKind::private_tcp;
    request_.service = to.port;
    request_.visitor = visitor;
    request_.metadata = metadata_;
}

// Without an answer so far, the worker that had it does not run any more.
RemoteOpening::~RemoteOpening() {
    give(Code::going_away);
}

void RemoteOpening::begin() noexcept {
    const IntrusivePtr<RemoteOpening> keep(this);
    try {
        try_next();
    } catch (const std::exception&) {  // no memory: only this visitor is refused
        give(Code::busy);
    }
}

void RemoteOpening::try_next() {
    while (tried_ < members_.size() && tried_ < remote_members_max) {
        PeerCarrier& to = *members_[tried_++];
        if (to.on_link([self = IntrusivePtr<RemoteOpening>(this)](Link& link) { self->open_on(link); })) {
            return;
        }
        code_ = Code::going_away;
    }
    give(code_);
}

void RemoteOpening::open_on(Link& link) {
    link_ = link.shared_from_this();
    auto stream = link.open(request_, IntrusivePtr<buffer::Waker>(this), true);
    if (stream) {
        stream_ = std::move(*stream);
        link.watch_opening(*this);
        wake();
    } else {
        code_ = stream.error() == Code::busy ? Code::busy : Code::going_away;
        try_next();
    }
}

void RemoteOpening::wake() noexcept {
    const IntrusivePtr<RemoteOpening> keep(this);
    try {
        while (stream_ && !step() && !stream_->try_park_receive()) {
        }
    } catch (const std::exception&) {  // no memory: only this visitor is refused
        Deadline::cancel();
        if (const auto stream = std::exchange(stream_, nullptr)) {
            stream->abort(Code::internal);
        }
        give(Code::busy);
    }
}

// True if it no longer waits for this member.
bool RemoteOpening::step() {
    if (const mux::StreamEnd end = stream_->stream_end()) {
        give_up(end.kind == mux::StreamEnd::Kind::lost ? Code::going_away : end.code);
    } else if (stream_->accepted()) {
        Deadline::cancel();
        members_[tried_ - 1]->count_forwarded();
        give(RemoteStream{std::exchange(stream_, nullptr), link_->worker(), link_->traffic()});
    } else if (const mux::StreamItem* const item = stream_->front();
               item != nullptr && item->kind == mux::StreamItem::Kind::reset) {
        give_up(item->code);
    } else {
        return false;
    }
    return true;
}

// As without a link: nothing of the visitor was sent.
void RemoteOpening::on_deadline() noexcept {
    const IntrusivePtr<RemoteOpening> keep(this);
    try {
        give_up(Code::going_away);
    } catch (const std::exception&) {
        give(Code::busy);  // no memory
    }
}

void RemoteOpening::give_up(Code code) {
    Deadline::cancel();
    const IntrusivePtr<mux::Stream> stream = std::exchange(stream_, nullptr);
    stream->abort(Code::cancelled);
    code_ = code;
    is_of_member(code) ? try_next() : give(code);
}

void RemoteOpening::give(Result<RemoteStream, Code> result) {
    if (const auto opened = std::exchange(opened_, nullptr)) {
        opened(std::move(result));
    }
}

}  // namespace ferrotunnel::peers
