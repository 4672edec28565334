// The trunks that carry one port or one service together. For one thread at a time: the owner locks it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace ferrotunnel::directory {

/// The carriers of one port or service. `Trunk` has `std::uint64_t load() const`.
template <typename Trunk>
class CarrierList {
public:
    struct Carrier {
        std::shared_ptr<Trunk> trunk;
        std::uint32_t service = 0;  // the trunk's id for it
        bool yields = false;        // the next trunk that joins takes its place
    };
    using Trunks = std::vector<std::shared_ptr<Trunk>>;

    static constexpr std::uint64_t detour = 16;

    bool empty() const noexcept { return carriers_.empty(); }
    std::size_t size() const noexcept { return carriers_.size(); }

    /// The carrier with the least load that is not in `passed`, in turn if several have the same. Null: none is left.
    const Carrier* choose(const std::vector<const Trunk*>& passed) {
        const std::size_t count = carriers_.size();
        const std::size_t turn = turn_;
        const Carrier* best = nullptr;
        std::uint64_t fewest = 0;
        for (std::size_t i = 0; i < count && (best == nullptr || fewest > 0); ++i) {
            const std::size_t at = (turn + i) % count;
            const Carrier& carrier = carriers_[at];
            if (!passed.empty() && std::find(passed.begin(), passed.end(), carrier.trunk.get()) != passed.end()) {
                continue;
            }
            if (const std::uint64_t load = carrier.trunk->load(); best == nullptr || load < fewest) {
                best = &carrier;
                fewest = load;
                turn_ = at + 1;
            }
        }
        return best;
    }

    /// Like choose(), but prefers the carrier with the least load among those for which `is_near` holds, unless its
    /// load is half as much again, and `detour` more, as the least of all.
    template <typename IsNear>
    const Carrier* choose(const std::vector<const Trunk*>& passed, const IsNear& is_near) {
        const Carrier* best = choose(passed);
        if (best == nullptr || is_near(*best->trunk)) {
            return best;
        }
        const std::uint64_t least = best->trunk->load();
        std::uint64_t enough = least + least / 2 + detour;
        for (const Carrier& carrier : carriers_) {
            const std::uint64_t load = carrier.trunk->load();
            const bool is_passed = std::find(passed.begin(), passed.end(), carrier.trunk.get()) != passed.end();
            if (load < enough && !is_passed && is_near(*carrier.trunk)) {
                best = &carrier;
                enough = load;
            }
        }
        return best;
    }

    /// The load of all carriers together.
    std::uint64_t load() const {
        std::uint64_t sum = 0;
        for (const Carrier& carrier : carriers_) {
            sum += carrier.trunk->load();
        }
        return sum;
    }

    /// Adds a trunk, and returns the trunks whose place it takes.
    Trunks add(std::shared_ptr<Trunk> trunk, std::uint32_t service) {
        Trunks replaced;
        replaced.reserve(carriers_.size());
        carriers_.reserve(carriers_.size() + 1);  // from here on nothing allocates
        for (Carrier& carrier : carriers_) {
            if (carrier.yields) {
                replaced.push_back(std::move(carrier.trunk));
            }
        }
        std::erase_if(carriers_, [](const Carrier& carrier) { return carrier.yields; });
        carriers_.push_back({std::move(trunk), service, false});
        return replaced;
    }

    void remove(const Trunk& trunk) {
        std::erase_if(carriers_, [&trunk](const Carrier& carrier) { return carrier.trunk.get() == &trunk; });
    }

    Trunks remove_all() {
        Trunks trunks;
        trunks.reserve(carriers_.size());  // from here on nothing allocates
        for (Carrier& carrier : carriers_) {
            trunks.push_back(std::move(carrier.trunk));
        }
        carriers_.clear();
        return trunks;
    }

    void set_yields(const Trunk& trunk) {
        for (Carrier& carrier : carriers_) {
            carrier.yields = carrier.yields || carrier.trunk.get() == &trunk;
        }
    }

    bool has_service(std::uint32_t service) const {
        return std::any_of(carriers_.begin(), carriers_.end(),
                           [service](const Carrier& carrier) { return carrier.service == service; });
    }

    bool has(const Trunk& trunk) const {
        return std::any_of(carriers_.begin(), carriers_.end(),
                           [&trunk](const Carrier& carrier) { return carrier.trunk.get() == &trunk; });
    }

private:
    std::vector<Carrier> carriers_;
    std::size_t turn_ = 0;
};

}  // namespace ferrotunnel::directory
