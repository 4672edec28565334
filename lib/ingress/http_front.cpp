#include "ingress/http_front.hpp"

#include <utility>

namespace ferrotunnel::ingress {
namespace {

// TODO(http-edge): until the edge is there, visitors wait in the listener's backlog and nobody takes them.
class NobodyYet final : public HttpFront {
public:
    explicit NobodyYet(runtime::Fd listener) : listener_(std::move(listener)) {}
    void drain() noexcept override {}
    void stop() noexcept override {}
    std::size_t connections() const noexcept override { return 0; }

private:
    runtime::Fd listener_;
};

}  // namespace

std::unique_ptr<HttpFront> open_http_front(runtime::Fd listener, const HttpFrontParts&) {
    return std::make_unique<NobodyYet>(std::move(listener));
}

}  // namespace ferrotunnel::ingress
