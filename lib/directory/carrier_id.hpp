// Numbers of carriers, by which a visitor remembers those that could not take it: some may be gone by then.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace ferrotunnel::directory {

/// The number of a carrier. No other carrier of the process has it, or had it.
enum class CarrierId : std::uint64_t {};
using CarrierIds = std::vector<CarrierId>;

/// A base of whatever carries visitors.
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
