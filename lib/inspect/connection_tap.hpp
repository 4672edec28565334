// Records a connection that is not valid HTTP: when it began and ended, how, and its bytes.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/tap.hpp"
#include "inspect/inspector.hpp"

namespace ferrotunnel::inspect {

class ConnectionTap final : public Tap {
public:
    ConnectionTap(Inspector& inspector, Origin origin);

    void to_backend(Bytes bytes, TimePoint now) noexcept override;
    void from_backend(Bytes bytes, TimePoint now) noexcept override;
    void backend_ended(bool in_order, TimePoint now) noexcept override;
    void not_reached(std::string_view why, std::span<const Bytes> waiting, TimePoint now) noexcept override;
    void over(TimePoint now) noexcept override;

private:
    const std::shared_ptr<Record> record_;
};

}  // namespace ferrotunnel::inspect
