#include "api/datagram_line.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include "api/sink_logger.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "runtime/step_loop.hpp"

namespace ferrotunnel {

namespace detail {

using trunk::DatagramCounts;

namespace {

/// The stream's waker. Destroyed with the session's half of the stream.
class DatagramServing final : public buffer::Waker {
public:
    DatagramServing(std::shared_ptr<DatagramLine> line, std::shared_ptr<const DatagramHandler> handler, Logger& log)
        : line_(std::move(line)), handler_(std::move(handler)), log_(log), visitor_(line_) {}

    void wake() noexcept override { run(); }
    void run() noexcept;

private:
    void take();
    void deliver(const buffer::Slice& payload) noexcept;
    void end() noexcept;

    const std::shared_ptr<DatagramLine> line_;
    const std::shared_ptr<const DatagramHandler> handler_;
    Logger& log_;
    const DatagramVisitor visitor_;
    runtime::StepLoop steps_;
    bool over_ = false;
};

void DatagramServing::run() noexcept {
    const auto failed = [this](const std::exception&) { end(); };  // without memory this visitor ends
    steps_.run(
        this, [this] { take(); }, failed, [] { return true; });
}

void DatagramServing::take() {
    mux::Stream& stream = line_->stream();
    while (!over_) {
        const mux::StreamItem* item = stream.stream_end() ? nullptr : stream.front();
        if (stream.stream_end() || (item != nullptr && item->kind != mux::StreamItem::Kind::datagram)) {
            end();
        } else if (item != nullptr) {
            deliver(stream.take_datagram());
        } else if (stream.try_park_receive()) {
            return;
        }
    }
}

void DatagramServing::deliver(const buffer::Slice& payload) noexcept {
    DatagramCounts::add(line_->counts().sent, 1);
    try {
        (*handler_)(visitor_, {reinterpret_cast<const char*>(payload.data()), payload.size()});
    } catch (...) {
        static constexpr LogCategory thrown{"datagram_handlers"};
        if (log_.may_write(LogLevel::error, thrown, Clock::now())) {
            log_thrown(log_, "a handler of datagrams threw an exception", std::current_exception());
        }
    }
}

void DatagramServing::end() noexcept {
    if (std::exchange(over_, true)) {
        return;
    }
    mux::Stream& stream = line_->stream();
    DatagramCounts::add(line_->counts().too_old, stream.datagram_drops().too_old);
    line_->close();
    stream.stop_receiving();
}

}  // namespace

bool DatagramLine::send(std::string_view payload) noexcept try {
    if (payload.size() <= limits::datagram_payload_max && !is_gone()) {
        buffer::Slice copy =
            buffer::Slice::copy_of({reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
        const MutexLock lock(sending_);
        const auto now_ms = static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count());
        if (stream_->send_datagram(std::move(copy), now_ms)) {
            stream_->flush();
            DatagramCounts::add(counts_->received, 1);
            return true;
        }
    }
    DatagramCounts::add(counts_->no_room, 1);
    return false;
} catch (const std::exception&) {
    DatagramCounts::add(counts_->no_room, 1);
    return false;
}

void serve_datagrams(IntrusivePtr<mux::Stream> stream, StreamOrigin origin,
                     std::shared_ptr<const DatagramHandler> handler, std::shared_ptr<trunk::DatagramCounts> counts,
                     Logger& log) {
    auto line = std::make_shared<DatagramLine>(stream, std::move(origin), std::move(counts));
    auto serving = make_intrusive<DatagramServing>(std::move(line), std::move(handler), log);
    stream->attach(serving, false);
    stream->accept();
    serving->run();
}

}  // namespace detail

DatagramVisitor::DatagramVisitor() noexcept = default;
DatagramVisitor::DatagramVisitor(const DatagramVisitor&) noexcept = default;
DatagramVisitor::DatagramVisitor(DatagramVisitor&&) noexcept = default;
DatagramVisitor& DatagramVisitor::operator=(const DatagramVisitor&) noexcept = default;
DatagramVisitor& DatagramVisitor::operator=(DatagramVisitor&&) noexcept = default;
DatagramVisitor::~DatagramVisitor() = default;

DatagramVisitor::DatagramVisitor(std::shared_ptr<detail::DatagramLine> line) noexcept : line_(std::move(line)) {}

VisitorInfo DatagramVisitor::info() const {
    return line_ ? detail::visitor_info(line_->origin()) : VisitorInfo();
}

bool DatagramVisitor::send(std::string_view payload) const noexcept {
    return line_ && line_->send(payload);
}

bool DatagramVisitor::is_gone() const noexcept {
    return !line_ || line_->is_gone();
}

void DatagramVisitor::close() const noexcept {
    if (line_) {
        line_->close();
    }
}

}  // namespace ferrotunnel
