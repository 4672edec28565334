// The register's messages on the stream of a control link.
//
//   RegisterAccess --next(), while the stream has room--> stream        stream --> RegisterAccess::received
//
// So the stream's credit bounds what waits. The first message of both ends is Hello. Lives on the link's worker.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "buffer/mailbox.hpp"
#include "mux/stream.hpp"
#include "peers/message_stream.hpp"
#include "peers/register_access.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::peers {

class RegisterChannel final : public RegisterPeer, public std::enable_shared_from_this<RegisterChannel> {
public:
    /// Called on the worker, perhaps while the stream's session works.
    struct Handlers {
        std::function<void(const cluster::Hello&)> linked;
        /// The link is to be closed. Called at most once.
        std::function<void(wire::Code, std::string why)> refuse;
    };
    /// `member`: the name that the peer has proved.
    RegisterChannel(runtime::Worker& worker, RegisterAccess& names, std::string member, Handlers handlers);
    ~RegisterChannel() override;

    /// Of the stream.
    IntrusivePtr<buffer::Waker> waker();
    /// `stream` is attached to the waker.
    void begin(IntrusivePtr<mux::Stream> stream);
    bool has_begun() const noexcept { return has_begun_; }
    /// The register has accepted the peer's hello.
    bool is_linked() const noexcept { return linked_; }
    /// The link has ended: the register learns of it, and nothing follows.
    void close() noexcept;

    // Any thread.
    void on_ready() noexcept override;
    void on_refused(std::string why) noexcept override;

private:
    class ChannelWaker;

    void run() noexcept;
    void step();
    bool receive();
    bool read_data(Bytes bytes, std::size_t& left);
    bool handle(const cluster::Message& message);
    void send_ready();
    void send(const cluster::Message& message);
    void refuse(wire::Code code, std::string why);

    runtime::Worker& worker_;
    RegisterAccess& names_;
    const std::string member_;
    const Handlers handlers_;
    const cluster::LinkId link_;
    const IntrusivePtr<ChannelWaker> waker_;
    using RunMail = buffer::WakeMail<RegisterChannel, std::shared_ptr<RegisterChannel>>;
    const IntrusivePtr<RunMail> run_mail_ =
        make_intrusive<RunMail>([](const std::shared_ptr<RegisterChannel>& channel) noexcept { channel->run(); });

    IntrusivePtr<mux::Stream> stream_;  // null before begin(), and after the end
    MessageReader reader_;
    bool has_begun_ = false;
    bool linked_ = false;
    bool running_ = false;
    bool run_again_ = false;

    mutable Mutex mutex_;
    std::string refused_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
