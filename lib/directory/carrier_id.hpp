// Numbers of carriers. A visitor records the carriers that could not accept it by their numbers, since a carrier may
// end meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace ferrotunnel::directory {

/// The number of a carrier; never reused in a process.
enum class CarrierId : std::uint64_t {};
using CarrierIds = std::vector<CarrierId>;

/// Base of everything that carries visitors.
class NumberedCarrier {
public:
    CarrierId carrier_id() const noexcept { return carrier_id_; }

private:
    static CarrierId next() noexcept {
        static std::atomic<std::uint64_t> last{0};
        return CarrierId{last.fetch_add(1, std::memory_order_relaxed) + 1};
    }

    const CarrierId carrier_id_ = next();
};

}  // namespace ferrotunnel::directory
