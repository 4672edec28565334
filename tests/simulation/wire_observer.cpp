#include "simulation/wire_observer.hpp"

#include <algorithm>

namespace ferrotunnel::simulation {
namespace {

const char* name_of(wire::FrameType type) {
    static constexpr const char* names[] = {"DATA",     "OPEN", "OPENED", "CREDIT", "RESET",
                                            "DATAGRAM", "PING", "GOAWAY", "CONTROL"};
    auto index = static_cast<std::size_t>(type);
    return index < std::size(names) ? names[index] : "?";
}

std::uint64_t cost_of(const wire::FrameHeader& header) {
    return header.length == 0 ? 0 : header.length + std::uint64_t{limits::data_frame_cost};
}

}  // namespace

void WireObserver::sent(Bytes bytes) {
    out_.feed(bytes, [this](const wire::FrameHeader& header, Bytes payload) { on_sent(header, payload); });
}

void WireObserver::received(Bytes bytes) {
    in_.feed(bytes, [this](const wire::FrameHeader& header, Bytes payload) { on_received(header, payload); });
}

const StreamModel* WireObserver::find(wire::StreamId id) const {
    auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : &found->second;
}

std::uint64_t WireObserver::credit_committed(std::uint32_t first_window) const {
    std::uint64_t committed = 0;
    for (const auto& [id, model] : streams_) {
        std::uint64_t outstanding = model.outstanding();
        committed += outstanding > first_window ? outstanding - first_window : 0;
    }
    return committed;
}

// The model of a stream of which the node sends a frame; null (and a violation) when it should not send such a frame.
StreamModel* WireObserver::known(wire::StreamId id, const char* what) {
    auto found = streams_.find(id);
    if (found == streams_.end()) {
        world_.fail("%s sent %s on stream %u, which was never opened", name_, what, id);
        return nullptr;
    }
    return &found->second;
}

// --- what leaves ----------------------------------------------------------------------------------------------------

void WireObserver::trace_frame(const wire::FrameHeader& header, Bytes payload) {
    if (!world_.verbose()) {
        return;
    }
    if (header.type == wire::FrameType::credit || header.type == wire::FrameType::opened) {
        world_.trace("%s sends %s stream %u: %u", name_, name_of(header.type), header.stream,
                     wire::decode_credit(payload).value_or(0));
    } else {
        world_.trace("%s sends %s stream %u length %u flags %u", name_, name_of(header.type), header.stream,
                     header.length, header.flags);
    }
}

void WireObserver::on_sent(const wire::FrameHeader& header, Bytes payload) {
    ++frames_sent_;
    if (!checking_) {
        return;
    }
    trace_frame(header, payload);
    if (auto code = wire::violation_of(header)) {
        world_.fail("%s sent a malformed %s (length %u, flags %u, stream %u)", name_, name_of(header.type),
                    header.length, header.flags, header.stream);
        return;
    }
    switch (header.type) {
        case wire::FrameType::open:
            return sent_open(header.stream, payload);
        case wire::FrameType::data:
            return sent_data(header);
        case wire::FrameType::opened:
            if (StreamModel* model = known(header.stream, "OPENED")) {
                model->accepted = true;
            }
            [[fallthrough]];
        case wire::FrameType::credit:
            if (header.stream != 0) {
                sent_credit(header.stream, wire::decode_credit(payload).value_or(0));
            }
            return;
        case wire::FrameType::reset:
            return sent_reset(header.stream);
        case wire::FrameType::datagram:
            datagram_bytes_sent_ += payload.size();
            if (StreamModel* model = known(header.stream, "DATAGRAM"); model != nullptr && model->fin_sent) {
                world_.fail("%s sent DATAGRAM after FIN on stream %u", name_, header.stream);
            }
            return;
        case wire::FrameType::ping:
            return sent_ping(header.flags);
        case wire::FrameType::goaway:
        case wire::FrameType::control:
        case wire::FrameType::confirm:
            return;
    }
}

// Counts a PING: more unanswered ones would make the node a violator if the peer answers slowly.
void WireObserver::sent_ping(std::uint8_t flags) {
    if ((flags & wire::flag::ack) == 0 && ++pings_unanswered_ > limits::pongs_pending_max) {
        world_.fail("%s has sent %u pings that are not answered", name_, pings_unanswered_);
    }
}

void WireObserver::sent_open(wire::StreamId id, Bytes payload) {
    auto open = wire::decode_open(payload);
    if (!open) {
        world_.fail("%s sent an OPEN that cannot be read", name_);
        return;
    }
    if ((id % 2 == 1) != opens_odd_ || id <= last_opened_) {
        world_.fail("%s opened stream %u after %u", name_, id, last_opened_);
    }
    last_opened_ = id;
    StreamModel& model = streams_[id];
    model.opened_here = true;
    model.credit = open->send_window;
    model.granted = model.granted_first = open->receive_window;
    model.accepted = true;
}

void WireObserver::sent_data(const wire::FrameHeader& header) {
    StreamModel* model = known(header.stream, "DATA");
    if (model == nullptr) {
        return;
    }
    if (model->fin_sent || model->reset_sent) {
        world_.fail("%s sent DATA on stream %u after its %s", name_, header.stream, model->fin_sent ? "FIN" : "RESET");
    }
    if (!model->accepted) {
        world_.fail("%s sent DATA on stream %u before it accepted the stream", name_, header.stream);
    }
    model->credit -= static_cast<std::int64_t>(cost_of(header));
    if (model->credit < 0) {
        world_.fail("%s sent %lld more than its credit on stream %u", name_, static_cast<long long>(-model->credit),
                    header.stream);
    }
    model->payload_sent += header.length;
    payload_sent_ += header.length;
    model->last_data_at = payload_sent_;
    model->fin_sent = model->fin_sent || (header.flags & wire::flag::fin) != 0;
}

// Checks the window, which is what is granted beyond what the endpoint has consumed: never more than the largest one.
// The cost of the frame that the endpoint is in the middle of may count as consumed already.
void WireObserver::sent_credit(wire::StreamId id, std::uint32_t credit) {
    StreamModel* model = known(id, "CREDIT");
    if (model == nullptr) {
        return;
    }
    model->granted += credit;
    std::uint64_t window = model->granted - model->cost_consumed;
    if (!model->consumption_unseen && window > window_max_ + limits::data_frame_cost) {
        world_.fail("%s granted a window of %llu on stream %u, the largest is %u", name_,
                    static_cast<unsigned long long>(window), id, window_max_);
    }
}

void WireObserver::sent_reset(wire::StreamId id) {
    auto found = streams_.find(id);
    // The RESET that refuses a stream which the session did not take is the only frame about that stream.
    StreamModel& model = found == streams_.end() ? streams_[id] : found->second;
    if (model.reset_sent) {
        world_.fail("%s sent a second RESET on stream %u", name_, id);
    }
    model.reset_sent = true;
}

// --- what arrives ---------------------------------------------------------------------------------------------------

void WireObserver::on_received(const wire::FrameHeader& header, Bytes payload) {
    ++frames_received_;
    if (!checking_) {
        return;
    }
    switch (header.type) {
        case wire::FrameType::open:
            return received_open(header.stream, payload);
        case wire::FrameType::data:
            return received_data(header);
        case wire::FrameType::opened:
        case wire::FrameType::credit:
            if (header.stream != 0) {
                streams_[header.stream].credit += wire::decode_credit(payload).value_or(0);
            }
            return;
        case wire::FrameType::reset:
            streams_[header.stream].reset_received = true;
            return;
        case wire::FrameType::ping:
            pings_unanswered_ -= (header.flags & wire::flag::ack) != 0 && pings_unanswered_ > 0 ? 1 : 0;
            return;
        case wire::FrameType::datagram:
        case wire::FrameType::goaway:
        case wire::FrameType::control:
        case wire::FrameType::confirm:
            return;
    }
}

void WireObserver::received_open(wire::StreamId id, Bytes payload) {
    if (auto open = wire::decode_open(payload)) {
        StreamModel& model = streams_[id];
        model.credit = open->receive_window;
        model.granted = model.granted_first = open->send_window;
    }
}

void WireObserver::received_data(const wire::FrameHeader& header) {
    StreamModel& model = streams_[header.stream];
    payload_received_ += header.length;
    model.cost_received += cost_of(header);
    if (model.cost_received > model.granted) {
        world_.fail("%s got %llu on stream %u and had granted %llu", name_,
                    static_cast<unsigned long long>(model.cost_received), header.stream,
                    static_cast<unsigned long long>(model.granted));
    }
    model.payload_received += header.length;
    if (header.length > 0) {
        model.frame_ends.push_back(model.payload_received);
    }
    model.fin_received = model.fin_received || (header.flags & wire::flag::fin) != 0;
}

void WireObserver::consumed(wire::StreamId id, std::uint64_t offset) {
    StreamModel& model = streams_[id];
    for (; !model.frame_ends.empty() && model.frame_ends.front() <= offset; model.frame_ends.pop_front()) {
        ++model.frames_consumed;
    }
    model.cost_consumed = offset + limits::data_frame_cost * model.frames_consumed;
}

}  // namespace ferrotunnel::simulation
