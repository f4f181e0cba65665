#include "harness.h"

int main(int count, char** arguments) { return harness::run(count, arguments); }
