// Public ports by their number. For one thread at a time: the table's lock protects it.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "directory/claim_name.hpp"

namespace ferrotunnel::directory {

/// `Port` has transport() and address(). Several ports have one number, on different addresses.
template <typename Port>
class PortIndex {
public:
    using Number = std::pair<Transport, std::uint16_t>;

    /// A port that ends without remove(), for lack of memory, is forgotten with the next one of its number.
    void add(const std::shared_ptr<Port>& port) {
        remove_if(*port, [](const std::weak_ptr<Port>& one) { return one.expired(); });
        ports_.emplace(number_of(*port), port);
    }
    void remove(const std::shared_ptr<Port>& port) noexcept {
        remove_if(*port, [&](const std::weak_ptr<Port>& one) { return one.lock() == port; });
    }
    std::vector<std::shared_ptr<Port>> at(const Number& number) const {
        std::vector<std::shared_ptr<Port>> ports;
        const auto [first, last] = ports_.equal_range(number);
        for (auto one = first; one != last; ++one) {
            if (auto port = one->second.lock()) {
                ports.push_back(std::move(port));
            }
        }
        return ports;
    }

private:
    static Number number_of(const Port& port) noexcept { return {port.transport(), port.address().port()}; }
    template <typename Is>
    void remove_if(const Port& like, Is is_it) noexcept {
        for (auto [one, last] = ports_.equal_range(number_of(like)); one != last;) {
            one = is_it(one->second) ? ports_.erase(one) : std::next(one);
        }
    }

    std::multimap<Number, std::weak_ptr<Port>> ports_;
};

}  // namespace ferrotunnel::directory
