// A trunk that carries HTTP services in tests of who has which host: nobody asks it for a stream.
#pragma once

#include <cstdlib>
#include <memory>

#include "directory/http_carrier.hpp"
#include "directory/http_directory.hpp"

namespace ferrotunnel::directory::test {

class IdleCarrier : public HttpCarrier {
public:
    std::uint64_t load() const noexcept override { return 0; }
    runtime::Worker& worker() noexcept override { std::abort(); }
    void open(std::uint32_t, const HttpVisitor&, IntrusivePtr<buffer::Waker>, bool, Opened) override {}
    void dropped(const std::shared_ptr<HttpService>&) noexcept override {}
};

}  // namespace ferrotunnel::directory::test
