#include "issuance/window_request.hpp"

#include <utility>

namespace ferrotunnel::issuance {

WindowRequest::WindowRequest(const Parts& parts, std::string directory_url, std::string renewal_id, Done done)
    : parts_(parts),
      directory_url_(std::move(directory_url)),
      renewal_id_(std::move(renewal_id)),
      done_(std::move(done)),
      calls_(parts.network),
      timer_(parts.network.worker, [this] { std::exchange(step_, nullptr)(); }),
      self_(std::make_shared<WindowRequest*>(this)) {
    step_ = [this] { begin(); };
    timer_.set_after(Duration::zero());
}

WindowRequest::~WindowRequest() {
    *self_ = nullptr;
}

void WindowRequest::begin() {
    parts_.directories.get(directory_url_, [self = self_](const DirectoryCache::Answer& known) {
        if (*self != nullptr) {
            (*self)->have_directory(known);
        }
    });
}

void WindowRequest::have_directory(const DirectoryCache::Answer& known) {
    if (!known) {
        end({{}, known.error().retry_after, known.error().text});
        return;
    }
    const std::string& renewal_info = known.value().renewal_info;
    if (renewal_info.empty() || renewal_id_.empty()) {
        end({});
        return;
    }
    acme::HttpCall call;
    call.url = acme::renewal_url(renewal_info, renewal_id_);
    calls_.run(call, [this](const acme::HttpReply& reply) { received(reply); });
}

void WindowRequest::received(const acme::HttpReply& reply) {
    if (reply.status != 200 || !reply.error.empty()) {
        end({{}, reply.retry_after, acme::read_problem(reply).text});
        return;
    }
    auto window = acme::read_renewal_window(reply.body);
    if (window) {
        end({std::move(window.value()), reply.retry_after, {}});
    } else {
        end({{}, reply.retry_after, "the renewal window " + window.error()});
    }
}

// In a round of its own: the directory may be known at once, and others wait for it in the same call.
void WindowRequest::end(Answer answer) {
    answer_ = std::move(answer);
    step_ = [this] {
        const Done done = std::move(done_);
        const Answer last = std::move(answer_);
        done(last);
    };
    timer_.set_after(Duration::zero());
}

}  // namespace ferrotunnel::issuance
