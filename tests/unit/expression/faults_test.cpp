// What is said about wrong expressions, and where.
#include <catch2/catch.hpp>
#include <string>

#include "request_facts.hpp"

using namespace ferrotunnel::expression;

namespace {

struct Row {
    std::string_view source;
    std::string_view fault;
};

void check_rows(std::span<const Row> rows) {
    for (const Row& row : rows) {
        CAPTURE(row.source);
        CHECK(fault_of(row.source) == row.fault);
    }
}

}  // namespace

TEST_CASE("faults: characters and literals") {
    const Row rows[] = {
        {"'a", "1:1: the text that begins here is not closed on its line"},
        {"true &&\n  'a\n'", "2:3: the text that begins here is not closed on its line"},
        {"r'a\\", "1:1: the text that begins here is not closed on its line"},
        {"'a\\", R"(1:3: after a \ only \ " ' n r t xHH and uHHHH are known; write r"..." to keep every \)"},
        {R"('\d')", R"(1:2: after a \ only \ " ' n r t xHH and uHHHH are known; write r"..." to keep every \)"},
        {R"('\xg0')", R"(1:2: \x has two hexadecimal digits)"},
        {R"('\x1)", R"(1:2: \x has two hexadecimal digits)"},
        {R"('\u12')", R"(1:2: \u has four hexadecimal digits)"},
        {R"('\ud800')", "1:2: half of a surrogate pair is not a character"},
        {"1.5 < 2", "1:1: numbers must be whole and decimal"},
        {"0x10 == 16", "1:1: numbers must be whole and decimal"},
        {"1 < 9223372036854775808", "1:5: the number does not fit into 64 bits"},
        {"-9223372036854775809 < 1", "1:1: the number does not fit into 64 bits"},
        {"request.path = '/'", "1:14: a single `=` does not compare; write `==`"},
        {"true & false", "1:6: a single `&` is not an operator; write it twice"},
        {"true | false", "1:6: a single `|` is not an operator; write it twice"},
        {"# why", "1:1: a comment begins with //"},
        {"1 + 2 == 3", "1:3: there is no arithmetic"},
        {"request.headers.x-user == ''",
         "1:18: there is no arithmetic; write a key with a `-` in brackets, like headers[\"x-user\"]"},
        {"request.path == \xe2\x80\x9c/\xe2\x80\x9d", "1:17: `\xe2\x80\x9c` has no meaning outside of quotes"},
        {"true && \x01", "1:9: `?` has no meaning outside of quotes"},
        {"true && \xff", "1:9: `?` has no meaning outside of quotes"},
        {"'\xc3\xa9' == @", "1:8: `@` has no meaning outside of quotes"},  // columns count characters
    };
    check_rows(rows);
}

TEST_CASE("faults: the grammar") {
    const Row rows[] = {
        {"", "1:1: expected a value, found the end"},
        {"// nothing\n", "2:1: expected a value, found the end"},
        {"true &&", "1:8: expected a value, found the end"},
        {"&& true", "1:1: expected a value, found `&&`"},
        {"true true", "1:6: expected an operator, found `true`"},
        {"true 'a'", "1:6: expected an operator, found a text"},
        {"true and true", "1:6: expected an operator, found `and`; write `&&`"},
        {"true or true", "1:6: expected an operator, found `or`; write `||`"},
        {"request.size -1 == 2", "1:14: expected an operator, found `-1`; there is no arithmetic"},
        {"(true", "1:6: expected `)`, found the end"},
        {"true)", "1:5: expected an operator, found `)`"},
        {"()", "1:2: expected a value, found `)`"},
        {"true ? false", "1:13: expected `:`, found the end"},
        {"true ? true ? true : false : false", "1:13: expected `:`, found `?`"},
        {"1 < 2 < 3", "1:7: comparisons cannot be chained; write `a < b && b < c`, or parentheses"},
        {"1 in [1] == true", "1:10: comparisons cannot be chained; write `a < b && b < c`, or parentheses"},
        {"in == 1", "1:1: expected a value, found `in`"},
        {"request.'path'", "1:9: expected a name after the `.`, found a text"},
        {".request", "1:1: expected a value, found `.`"},
        {"'a'.size > 1", "1:5: `size` does not belong to a field; is it a method without ( )?"},
        {"request.headers['a'].b == ''", "1:22: `b` does not belong to a field; is it a method without ( )?"},
        {"note[1] == ''", "1:6: expected a key in quotes, found `1`"},
        {"note[request.path] == ''", "1:6: expected a key in quotes, found `request`"},
        {"note['a' == ''", "1:10: expected `]`, found `==`"},
        {"'a'['b']", "1:4: only a map has entries in [ ]"},
        {"1 in [1", "1:8: expected `,`, found the end"},
        {"1 in [1 2]", "1:9: expected `,`, found `2`"},
        {"1 in [,]", "1:7: expected a literal, since lists contain literals only, found `,`"},
        {"1 in [request.size]", "1:7: expected a literal, since lists contain literals only, found `request`"},
        {"'a'.startsWith('a',)", "1:20: expected a value, found `)`"},
        {"'a'.startsWith('a'", "1:19: expected `)`, found the end"},
        {"'a'.startsWith(", "1:16: expected a value, found the end"},
    };
    check_rows(rows);
}

TEST_CASE("faults: names") {
    const Row rows[] = {
        {"request.pth == '/'", "1:1: unknown field `request.pth`; did you mean `request.path`?"},
        {"true && reqest.headers['a'] == ''", "1:9: unknown field `reqest.headers`; did you mean `request.headers`?"},
        {"visitor.port == 1", "1:1: unknown field `visitor.port`"},
        {"nothing", "1:1: unknown field `nothing`"},
        {"request", "1:1: unknown field `request`"},
        {"request.hedaers.x_long_name == ''",
         "1:1: unknown field `request.hedaers.x_long_name`; did you mean `request.headers`?"},
        {"request.path.size > 1", "1:1: `size` is a method; write parentheses after it"},
        {"note == ''", "1:1: `note` is a map; name one of its entries"},
        {"note.startsWith('a')", "1:1: `note` is a map; name one of its entries"},
        {"request.path['a'] == ''", "1:1: `request.path` is not a map, so it has no entries"},
        {"note.a['b'] == ''", "1:1: `note.a` is not a map, so it has no entries"},
        {"has(note)", "1:5: `note` is a map; name one of its entries"},
        {"has(request.path)", "1:5: `request.path` is not an entry of a map"},
        {"has('a')", "1:5: `has` takes an entry of a map, like has(note[\"key\"])"},
        {"has(nte.a)", "1:5: unknown field `nte.a`; did you mean `note`?"},
        {"request.path.startWith('/')", "1:14: unknown method `startWith`; did you mean `startsWith`?"},
        {"request.path.exists('/')", "1:14: unknown method `exists`"},
        {"sise('a') == 1", "1:1: unknown function `sise`; did you mean `size`?"},
        {"startsWith('a', 'a')", "1:1: `startsWith` is a method; write it after a text and a dot"},
    };
    check_rows(rows);
}

TEST_CASE("faults: types") {
    const Row rows[] = {
        {"request.path", "1:1: the whole expression must be true or false, and this is a text"},
        {"request.size", "1:1: the whole expression must be true or false, and this is a number"},
        {"visitor.address", "1:1: the whole expression must be true or false, and this is an address"},
        {"true ? 1 : 2", "1:6: the whole expression must be true or false, and this is a number"},
        {"true && 'a'", "1:9: each side of `&&` must be true or false, and this is a text"},
        {"1 || true", "1:1: each side of `||` must be true or false, and this is a number"},
        {"!request.path", "1:2: what follows `!` must be true or false, and this is a text"},
        {"1 ? true : false", "1:1: what stands before `?` must be true or false, and this is a number"},
        {"(true ? 1 : 'a') == 1", "1:7: both sides of `:` must have the same type, and these are a number and a text"},
        {"1 == 'a'", "1:3: `==` cannot compare a number with a text"},
        {"visitor.tls == 'yes'", "1:13: `==` cannot compare true or false with a text"},
        {"true < false", "1:6: `<` cannot compare true or false with true or false"},
        {"visitor.address == 1", "1:17: `==` cannot compare an address with a number"},
        {"'a' in 'abc'",
         "1:8: `in` needs a list of literals after it, like [\"a\", \"b\"]; use has() for a key of a map"},
        {"'a' in note",
         "1:8: `in` needs a list of literals after it, like [\"a\", \"b\"]; use has() for a key of a map"},
        {"1 in []", "1:6: the list is empty, so nothing is in it"},
        {"1 in [1, 'a']", "1:10: `in` cannot compare a number with this element"},
        {"'a' in ['a', 1]", "1:14: `in` cannot compare a text with this element"},
        {"true in [true]", "1:10: `in` cannot compare true or false with this element"},
        {"'a' in [true]", "1:9: `in` cannot compare a text with this element"},
        {"[1] == [1]", "1:1: a list is only allowed after `in`"},
        {"1.size() == 1", "1:1: what `size` is called on must be a text, and this is a number"},
        {"true.contains('a')", "1:1: what `contains` is called on must be a text, and this is true or false"},
    };
    check_rows(rows);
}

TEST_CASE("faults: calls") {
    const Row rows[] = {
        {"size() == 1", "1:1: `size` takes one argument"},
        {"size('a', 'b') == 1", "1:1: `size` takes one argument"},
        {"size(1) == 1", "1:6: the argument of `size` must be a text, and this is a number"},
        {"has(note.a, note.b)", "1:1: `has` takes one argument"},
        {"'a'.size(1) == 1", "1:5: `size` takes no argument"},
        {"'a'.lowerAscii('b') == ''", "1:5: `lowerAscii` takes no argument"},
        {"'a'.contains()", "1:5: `contains` takes one argument"},
        {"'a'.endsWith('a', 'b')", "1:5: `endsWith` takes one argument"},
        {"'a'.startsWith(1)", "1:16: the argument of `startsWith` must be a text, and this is a number"},
        {"'a'.matches(request.path)", "1:13: a regular expression must be a literal in quotes"},
        {"'a'.matches('(')", "1:13: the regular expression does not close a parenthesis (, at `(`"},
        {"'a'.matches(')')", "1:13: the regular expression closes a parenthesis ) that is not open, at `)`"},
        {"'a'.matches('[a')", "1:13: the regular expression does not close a bracket [, at `[a`"},
        {"'a'.matches('[b-a]')", "1:13: the regular expression has an invalid set of characters in [ ], at `b-a`"},
        {"'a'.matches('*')", "1:13: the regular expression repeats where there is nothing to repeat, at `*`"},
        {"'a'.matches('a**')", "1:13: the regular expression repeats a repetition, at `**`"},
        {"'a'.matches('a{1001}')", "1:13: the regular expression repeats more often than is possible, at `{1001}`"},
        {"'a'.matches('(?=a)')",
         "1:13: the regular expression has a lookahead, a lookbehind or another group that is not supported, at `(?=`"},
        {R"('a'.matches(r'(a)\1'))",
         "1:13: the regular expression has an unknown escape with \\; back references are not supported, at `\\1`"},
        {R"('a'.matches('\\'))", "1:13: the regular expression ends with a \\"},
        {"'a'.matches('\xc3\xa9')",
         "1:13: the regular expression has a character beyond ASCII; it is matched by bytes, so write them, like "
         "\\xC3\\xA9"},
        {"visitor.address.in()", "1:17: `in` takes one network or more, like \"10.0.0.0/8\""},
        {"visitor.address.in(request.path)", "1:20: a network must be a literal in quotes"},
        {"visitor.address.in('::1', '10.0.0.1/8')",
         "1:27: `10.0.0.1/8` has bits set beyond its length; the network is 10.0.0.0/8"},
        {"visitor.address.in('local')",
         "1:20: `local` is neither an IP address nor a network like 10.0.0.0/8 or fd00::/8"},
        {"request.path.in('::1')", "1:14: `in` is a method of addresses, and this is a text"},
    };
    check_rows(rows);
}

TEST_CASE("faults: their texts are safe to print, and short") {
    CHECK(fault_of("visitor.address.in('\x1b[31m')") ==
          "1:20: `?[31m` is neither an IP address nor a network like 10.0.0.0/8 or fd00::/8");
    CHECK(fault_of(std::string(3'000, 'x')) == "1:1: unknown field `" + std::string(60, 'x') + "...`");
}
