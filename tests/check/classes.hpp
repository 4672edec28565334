// Finds classes, what they declare and where their functions are defined.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tokens.hpp"

namespace check {

// What is counted of a class, nested ones not included.
struct ClassSize {
    int functions = 0;  // declared ones, but for those that are defaulted or deleted
    int members = 0;    // data members that are not static
    int bools = 0;      // those of them that are bool or std::atomic<bool>
};

struct Class {
    std::string name;  // with namespaces and enclosing classes; "" stands for an unnamed namespace
    int line = 0;      // of its opening brace
    ClassSize size;
    bool is_struct = false;
    bool hides = false;              // has a private or protected part
    bool changes = false;            // has a function that is neither const, static, a constructor nor an operator
    std::vector<std::string> parts;  // names of the types that its members hold by value or as the only owner
};

// A function that is defined outside its class, by the class's name as it stands there.
struct OutsideFunction {
    std::string scope;       // the namespaces it stands in
    std::string class_name;  // `Server::Impl` of `void Server::Impl::run() {`
};

struct ClassesOfFile {
    std::vector<Class> classes;
    std::vector<OutsideFunction> functions;
};

ClassesOfFile classes_in(const std::vector<Token>& tokens);

}  // namespace check
