#include "buffer/ready_list.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

namespace ferrotunnel::buffer {
namespace {

struct NumberedNode final : ReadyNode {
    explicit NumberedNode(int number_in, int* destroyed_in = nullptr) : number(number_in), destroyed(destroyed_in) {}
    ~NumberedNode() override {
        if (destroyed != nullptr) {
            ++*destroyed;
        }
    }
    int number;
    int* destroyed;
};

using List = ReadyList<NumberedNode>;

std::vector<int> take(List& list) {
    std::vector<int> order;
    list.take_all([&](IntrusivePtr<NumberedNode> node) { order.push_back(node->number); });
    return order;
}

TEST_CASE("a ready list gives its nodes in the order in which they were put", "[ready]") {
    List list;
    REQUIRE(list.empty());
    REQUIRE(take(list).empty());
    auto one = make_intrusive<NumberedNode>(1);
    auto two = make_intrusive<NumberedNode>(2);
    auto three = make_intrusive<NumberedNode>(3);
    REQUIRE(list.put(*one));  // it was empty: the taker must be woken
    REQUIRE_FALSE(list.put(*two));
    REQUIRE_FALSE(list.put(*three));
    REQUIRE_FALSE(list.empty());
    REQUIRE(take(list) == std::vector<int>{1, 2, 3});
    REQUIRE(list.empty());
    REQUIRE(list.put(*three));
    REQUIRE_FALSE(list.put(*one));
    REQUIRE(take(list) == std::vector<int>{3, 1});
}

TEST_CASE("a node is on the ready list once", "[ready]") {
    List list;
    auto one = make_intrusive<NumberedNode>(1);
    auto two = make_intrusive<NumberedNode>(2);
    list.put(*one);
    list.put(*two);
    REQUIRE_FALSE(list.put(*one));
    REQUIRE_FALSE(list.put(*two));
    REQUIRE(take(list) == std::vector<int>{1, 2});
}

TEST_CASE("a node's flag is cleared before it is visited", "[ready]") {
    List list;
    auto one = make_intrusive<NumberedNode>(1);
    auto two = make_intrusive<NumberedNode>(2);
    list.put(*one);
    list.put(*two);
    std::vector<int> order;
    list.take_all([&](IntrusivePtr<NumberedNode> node) {
        order.push_back(node->number);
        // Work that comes while a node is visited brings it back; and the list was empty, so the taker is told.
        REQUIRE(list.put(*node) == (node->number == 1));
    });
    REQUIRE(order == std::vector<int>{1, 2});
    REQUIRE(take(list) == std::vector<int>{1, 2});
}

TEST_CASE("a node that waits for its visit is not listed twice", "[ready]") {
    List list;
    auto one = make_intrusive<NumberedNode>(1);
    auto two = make_intrusive<NumberedNode>(2);
    list.put(*one);
    list.put(*two);
    int visits_of_two = 0;
    list.take_all([&](IntrusivePtr<NumberedNode> node) {
        if (node->number == 1) {
            REQUIRE_FALSE(list.put(*two));
        } else {
            ++visits_of_two;
        }
    });
    REQUIRE(visits_of_two == 1);
    REQUIRE(list.empty());
}

TEST_CASE("the ready list holds a reference to what is on it", "[ready]") {
    int destroyed = 0;
    List list;
    auto node = make_intrusive<NumberedNode>(1, &destroyed);
    list.put(*node);
    list.put(*node);
    node.reset();
    REQUIRE(destroyed == 0);
    IntrusivePtr<NumberedNode> taken;
    list.take_all([&](IntrusivePtr<NumberedNode> visited) { taken = std::move(visited); });
    REQUIRE(destroyed == 0);
    REQUIRE(list.put(*taken));
    REQUIRE(take(list) == std::vector<int>{1});
    taken.reset();
    REQUIRE(destroyed == 1);
}

TEST_CASE("closing a ready list lets go of everything and ignores what comes later", "[ready]") {
    int destroyed = 0;
    List list;
    auto kept = make_intrusive<NumberedNode>(1, &destroyed);
    list.put(*kept);
    list.put(*make_intrusive<NumberedNode>(2, &destroyed));
    list.close();
    REQUIRE(destroyed == 1);
    REQUIRE(list.empty());
    REQUIRE_FALSE(list.put(*kept));
    REQUIRE_FALSE(list.put(*kept));
    REQUIRE(take(list).empty());
    list.close();
    kept.reset();
    REQUIRE(destroyed == 2);
}

TEST_CASE("a ready list's destructor lets go of what is on it", "[ready]") {
    int destroyed = 0;
    {
        List list;
        list.put(*make_intrusive<NumberedNode>(1, &destroyed));
        list.put(*make_intrusive<NumberedNode>(2, &destroyed));
    }
    REQUIRE(destroyed == 2);
}

TEST_CASE("a visit may close or destroy the ready list", "[ready]") {
    bool destroy = GENERATE(false, true);
    int destroyed = 0;
    auto list = std::make_unique<List>();
    for (int i = 0; i < 3; ++i) {
        list->put(*make_intrusive<NumberedNode>(i, &destroyed));
    }
    std::vector<int> order;
    list->take_all([&](IntrusivePtr<NumberedNode> node) {
        order.push_back(node->number);
        if (node->number == 0) {
            destroy ? list.reset() : list->close();
        }
    });
    REQUIRE(order == std::vector<int>{0, 1, 2});
    REQUIRE(destroyed == 3);
}

TEST_CASE("a visit that throws leaves the others on the ready list", "[ready]") {
    int destroyed = 0;
    bool closed = GENERATE(false, true);
    List list;
    std::vector<IntrusivePtr<NumberedNode>> nodes;
    for (int i = 0; i < 4; ++i) {
        nodes.push_back(make_intrusive<NumberedNode>(i, &destroyed));
        list.put(*nodes.back());
    }
    REQUIRE_THROWS_AS(list.take_all([&](IntrusivePtr<NumberedNode> node) {
        if (node->number == 1) {
            if (closed) {
                list.close();
            }
            throw std::runtime_error("a bug");
        }
    }),
                      std::runtime_error);
    if (closed) {
        REQUIRE(take(list).empty());
    } else {
        REQUIRE_FALSE(list.put(*nodes[2]));
        REQUIRE_FALSE(list.put(*nodes[0]));
        REQUIRE(take(list) == std::vector<int>{2, 3, 0});
    }
    nodes.clear();
    REQUIRE(destroyed == 4);
}

}  // namespace
}  // namespace ferrotunnel::buffer
