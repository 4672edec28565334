#include "trunk/datagram_flow.hpp"

#include <chrono>
#include <utility>

namespace ferrotunnel::trunk {
namespace {

class PlainFlow final : public DatagramFlow {
public:
    explicit PlainFlow(IntrusivePtr<mux::Stream> stream) : stream_(std::move(stream)) {}

    Next is_open() override { return stream_->stream_end() ? Next::over : Next::datagram; }
    Next take(buffer::Slice& into) override {
        while (!stream_->stream_end()) {
            const mux::StreamItem* item = stream_->front();
            if (item == nullptr) {
                if (stream_->try_park_receive()) {
                    return Next::nothing;
                }
            } else if (item->kind == mux::StreamItem::Kind::datagram) {
                into = stream_->take_datagram();
                return Next::datagram;
            } else {
                return Next::over;
            }
        }
        return Next::over;
    }
    void send(buffer::Slice payload, TimePoint now) override {
        const auto now_ms = static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
        (void)stream_->send_datagram(std::move(payload), now_ms);  // the stream counts what it drops
    }
    void flush() noexcept override { stream_->flush(); }
    mux::Stream::Drops drops() const noexcept override { return stream_->datagram_drops(); }
    void end(wire::Code code) noexcept override {
        stream_->abort(code);
        stream_->stop_receiving();
    }

private:
    const IntrusivePtr<mux::Stream> stream_;
};

}  // namespace

std::unique_ptr<DatagramFlow> make_plain_flow(IntrusivePtr<mux::Stream> stream) {
    return std::make_unique<PlainFlow>(std::move(stream));
}

}  // namespace ferrotunnel::trunk
