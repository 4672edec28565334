#include "peers/register_channel.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "base/limits.hpp"
#include "peers/limits.hpp"

namespace ferrotunnel::peers {

using mux::StreamItem;
using wire::Code;

// Outlives the channel as long as a stream has it.
class RegisterChannel::ChannelWaker final : public buffer::Waker {
public:
    void set(std::weak_ptr<RegisterChannel> channel) { channel_ = std::move(channel); }
    void wake() noexcept override {
        if (const auto channel = channel_.lock()) {
            channel->worker_.here() ? channel->run() : channel->on_ready();
        }
    }

private:
    std::weak_ptr<RegisterChannel> channel_;
};

RegisterChannel::RegisterChannel(runtime::Worker& worker, RegisterAccess& names, std::string member, Handlers handlers)
    : worker_(worker),
      names_(names),
      member_(std::move(member)),
      handlers_(std::move(handlers)),
      link_(names.new_link()),
      waker_(make_intrusive<ChannelWaker>()) {}

RegisterChannel::~RegisterChannel() = default;

IntrusivePtr<buffer::Waker> RegisterChannel::waker() {
    waker_->set(weak_from_this());
    return waker_;
}

void RegisterChannel::begin(IntrusivePtr<mux::Stream> stream) {
    check_here(worker_);
    has_begun_ = true;
    stream_ = std::move(stream);
    send(names_.hello());
    stream_->flush();
    run();
}

void RegisterChannel::close() noexcept {
    check_here(worker_);
    stream_ = nullptr;
    if (std::exchange(linked_, false)) {
        names_.disconnected(link_);
    }
}

// --- any thread ---

void RegisterChannel::on_ready() noexcept {
    (void)run_mail_->post(*worker_.mailbox(), shared_from_this());
}

void RegisterChannel::on_refused(std::string why) noexcept {
    {
        const MutexLock lock(mutex_);
        refused_ = std::move(why);
    }
    on_ready();
}

// --- the worker ---

void RegisterChannel::run() noexcept {
    if (std::exchange(running_, true)) {
        run_again_ = true;
        return;
    }
    do {
        run_again_ = false;
        try {
            step();
        } catch (const std::exception& problem) {  // no memory, or a bug: only this link ends
            refuse(Code::internal, problem.what());
        }
    } while (run_again_);
    running_ = false;
}

void RegisterChannel::step() {
    if (!stream_) {
        return;
    }
    std::string refused;
    {
        const MutexLock lock(mutex_);
        refused.swap(refused_);
    }
    if (!refused.empty()) {
        refuse(Code::superseded, std::move(refused));
    } else if (receive() && linked_) {
        send_ready();
    }
}

// The register learns at once that the link is lost: the connection may take two more seconds to close.
void RegisterChannel::refuse(Code code, std::string why) {
    if (const IntrusivePtr<mux::Stream> stream = std::exchange(stream_, nullptr)) {
        close();
        handlers_.refuse(code, std::move(why));
    }
}

// False if the channel is over.
bool RegisterChannel::receive() {
    std::size_t left = limits::register_messages_per_turn;
    do {
        while (StreamItem* const item = stream_->front()) {
            if (item->kind != StreamItem::Kind::data) {
                refuse(Code::protocol, "the member ended the register's stream");
                return false;
            }
            if (!read_data(item->slice.bytes(), left)) {
                return false;
            }
            if (left == 0) {
                on_ready();  // the rest in a later turn
                return true;
            }
        }
        if (stream_->stream_end()) {
            refuse(Code::protocol, "the member ended the register's stream");
            return false;
        }
    } while (!stream_->try_park_receive());
    return true;
}

// Handles the messages in the front item, at most `left`. False if the channel is over.
bool RegisterChannel::read_data(Bytes bytes, std::size_t& left) {
    const std::size_t size = bytes.size();
    while (!bytes.empty() && left > 0) {
        auto message = reader_.read(bytes);
        if (!message) {
            refuse(message.error().code, message.error().text);
            return false;
        }
        if (*message) {
            --left;
            if (!handle(**message)) {
                return false;
            }
        }
    }
    stream_->consume(static_cast<std::uint32_t>(size - bytes.size()));
    return true;
}

bool RegisterChannel::handle(const cluster::Message& message) {
    const auto* const hello = std::get_if<cluster::Hello>(&message);
    if (linked_ == (hello != nullptr)) {
        refuse(Code::protocol,
               linked_ ? "a second hello of the register" : "the register's first message is not a hello");
        return false;
    }
    if (hello == nullptr) {
        names_.received(link_, message);
        return stream_ != nullptr;
    }
    if (hello->member != member_) {
        refuse(Code::unauthorized,
               "the member has proved to be \"" + member_ + "\", and calls itself \"" + hello->member + '"');
        return false;
    }
    const auto connected = names_.connected(link_, *hello, shared_from_this());
    if (!connected) {
        refuse(Code::refused, connected.error());
        return false;
    }
    linked_ = true;
    handlers_.linked(*hello);
    return stream_ != nullptr;
}

void RegisterChannel::send_ready() {
    bool sent = false;
    bool parked = false;
    while (stream_ && !parked && !stream_->send_is_dead()) {
        if (!stream_->can_send()) {
            parked = stream_->try_park_send();
            continue;
        }
        const std::optional<cluster::Message> message = names_.next(link_);
        if (!message) {
            break;
        }
        send(*message);
        sent = true;
    }
    if (sent && stream_) {
        stream_->flush();
    }
}

void RegisterChannel::send(const cluster::Message& message) {
    const std::vector<std::uint8_t> framed = frame_message(message);
    for (Bytes left(framed); !left.empty();) {
        const Bytes piece = left.first(std::min(left.size(), limits::data_payload_max));
        stream_->send(buffer::Slice::copy_of(piece), false);
        left = left.subspan(piece.size());
    }
}

}  // namespace ferrotunnel::peers
