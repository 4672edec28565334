#include "backend/replay.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/served_stream.hpp"
#include "inspect/limits.hpp"
#include "runtime/timer.hpp"
#include "trunk/frame_windows.hpp"
#include "trunk/loopback_trunk.hpp"

namespace ferrotunnel::backend {
namespace {

using inspect::Exchange;
using mux::StreamItem;

// The visitor's end of the stream.
class Replay final : public ServedStream {
public:
    Replay(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream, IntrusivePtr<trunk::LoopbackTrunk> line,
           std::string request, DialShared shared, PermitPtr ticket)
        : ServedStream(worker, std::move(stream)),
          line_(std::move(line)),
          request_(std::move(request)),
          shared_(std::move(shared)),
          ticket_(std::move(ticket)),
          deadline_(worker, [this] { guarded([this] { end(); }); }) {}

    void send() {
        begin();
        deadline_.set_after(limits::inspect_replay_deadline);
        run();
    }

private:
    void step() override;
    void on_over() noexcept override;
    bool send_some();
    bool take_some();
    bool is_answered() const;

    const IntrusivePtr<trunk::LoopbackTrunk> line_;
    const std::string request_;
    std::size_t sent_ = 0;
    const DialShared shared_;
    const PermitPtr ticket_;
    runtime::Timer deadline_;
};

void Replay::step() {
    bool moved = true;
    while (moved && !is_over()) {
        if (stream().stream_end() || is_answered()) {
            end();
            return;
        }
        moved = take_some();
        moved = (!is_over() && send_some()) || moved;
    }
}

// Both return whether there may be more to do. Otherwise they have armed the wake.
bool Replay::send_some() {
    if (sent_ == request_.size() || stream().send_is_dead()) {
        return false;
    }
    if (!stream().can_send()) {
        return !stream().try_park_send();
    }
    buffer::SlabPtr slab = worker().slabs().acquire();
    const trunk::Windows windows(*slab, stream(), false);
    const MutableBytes window = windows.pieces().front();
    const std::size_t part = std::min(window.size(), request_.size() - sent_);
    std::memcpy(window.data(), request_.data() + sent_, part);
    sent_ += part;
    trunk::send_frames(stream(), std::move(slab), part);
    return true;
}

bool Replay::take_some() {
    const StreamItem* const item = stream().front();
    if (item == nullptr) {
        return !stream().try_park_receive();
    }
    if (item->kind != StreamItem::Kind::data) {
        end();
        return false;
    }
    const std::uint32_t bytes = item->slice.size();
    stream().count_delivered(bytes);
    stream().consume(bytes);
    return true;
}

bool Replay::is_answered() const {
    const auto record = shared_.inspector->records().find(shared_.record_id);
    return record && record->read([](const Exchange& exchange) {
        return exchange.upgraded || exchange.state != Exchange::State::under_way;
    });
}

void Replay::on_over() noexcept {
    deadline_.cancel();
    line_->close();  // the backend's end learns that there is no reader any more
}

}  // namespace

void replay(runtime::Worker& worker, std::shared_ptr<const ClientService> service, std::string request,
            DialShared shared, PermitPtr ticket) {
    check_here(worker);
    mux::Session::OpenRequest open;
    open.service = service->id;
    open.kind = service->kind;
    auto line = make_intrusive<trunk::LoopbackTrunk>(
        worker, [&worker, service = std::move(service), shared](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
            dial_backend(worker, service, std::move(stream), {}, shared);
        });
    auto stream = line->open(open);
    if (!stream) {
        line->close();
        return;
    }
    make_intrusive<Replay>(worker, std::move(stream.value()), std::move(line), std::move(request), std::move(shared),
                           std::move(ticket))
        ->send();
}

}  // namespace ferrotunnel::backend
