"""The words that the records of the made-up CRM are built from."""

# A name as it is written, and its spelling in an e-mail address where that differs.
FIRST_NAMES = (
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "Ken", "Frances", "Jean",
    "Katherine", "Tim", "Radia", "Linus", "Hedy", "Claude", "José", "Zoë", "Łukasz/lukasz",
    "Søren/soren", "Chloë", "Björn", "Renée", "André", "Nuño", "Agnieszka", "Oğuz", "Şule",
    "Ivana", "Željko/zeljko", "Dáithí", "Siân", "Núria", "Jürgen/juergen", "Mária", "Ondřej",
    "Ольга/olga", "Дмитрий/dmitri", "Ελένη/eleni", "Γιώργος/giorgos", "美咲/misaki", "健太/kenta",
    "伟/wei", "小芳/xiaofang", "민준/minjun", "서연/seoyeon", "فاطمة/fatima", "عمر/omar",
    "Ngozi", "Chukwuemeka", "Amara", "Kwame", "Priya", "Arjun", "Lakshmi", "Ravi", "Thị Mai",
    "Văn Nam", "Anaïs", "Maeve", "Emma", "Noah", "Olivia", "Liam", "Sofia", "Lucas", "Mia",
    "Hugo", "Clara", "Jonas", "Elif", "Deniz", "Freya", "Oskar", "Ines", "Mateo", "Valentina",
)  # fmt: skip
LAST_NAMES = (
    "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Hamilton", "Thompson", "Allen", "Bartik",
    "Johnson", "Lee", "Perlman", "García", "Müller/mueller", "Nowak", "Øverland/overland",
    "Ångström/angstrom", "O'Brien/obrien", "MacDonald", "van der Berg/vanderberg", "Núñez",
    "Gonçalves", "Lefèvre", "D'Angelo/dangelo", "Strauß/strauss", "Kovács", "Dvořák", "Żuk/zuk",
    "Y\u0131lmaz/yilmaz", "Петрова/petrova", "Иванов/ivanov", "Παπαδόπουλος/papadopoulos",
    "田中/tanaka", "佐藤/sato", "王/wang", "李/li", "김/kim", "박/park", "حسن/hassan",
    "Okafor", "Mensah", "Nguyễn", "Trần", "Sharma", "Patel", "Iyer", "Rossi", "Ferrari", "Silva",
    "Santos", "Novak", "Jensen", "Lindqvist", "Virtanen", "Murphy", "Jones", "Smith-Weber",
    "Brown", "Clark", "Walker", "Young", "Baker", "Carter", "Fischer", "Schmidt", "Dubois",
)  # fmt: skip
JOB_TITLES = (
    "VP of Sales", "VP Engineering", "VP of Marketing", "Senior VP, Operations", "VP Product",
    "Head of Growth", "Head of People", "Head of Data", "Head of Customer Success",
    "Chief Executive Officer", "Chief Technology Officer", "CFO", "Founder", "Co-founder & CEO",
    "Account Executive", "Sales Manager", "Software Engineer", "Senior Software Engineer",
    "Product Manager", "Product Designer", "Marketing Manager", "Data Analyst", "Recruiter",
    "Office Manager", "Consultant", "Procurement Lead", "Solutions Architect", "Legal Counsel",
)  # fmt: skip
COMPANY_FIRST = (
    "Northwind", "Blue Heron", "Copper", "Lumen", "Juniper", "Granite", "Cascade", "Ember",
    "Harbor", "Meridian", "Orchard", "Pioneer", "Quartz", "Riverbend", "Saffron", "Tidal",
    "Umbra", "Vertex", "Willow", "Zephyr", "Nordlys", "Águila", "Étoile", "Kaizen", "Móða",
    "Sakura", "Baobab", "Cobalt", "Driftwood", "Everest", "Falcon", "Gävle",
)  # fmt: skip
COMPANY_SECOND = (
    "Systems", "Analytics", "Foods", "Robotics", "Health", "Energy", "Logistics", "Capital",
    "Studios", "Labs", "Software", "Textiles", "Pumps", "Networks", "Pharma", "Mobility",
    "Insurance", "Education", "Media", "Marine", "Materials", "Travel", "Security", "Optics",
    "Farms",
)  # fmt: skip
# Under example.com, as Attio takes no e-mail addresses of people under names that are reserved.
TOP_DOMAINS = ("example.com", "eu.example.com", "us.example.com")
DESCRIPTIONS = (
    "Makes {what} for people who would rather be elsewhere.",
    "Sells {what} across {place} and beyond.",
    "A family business in {place}; {what} since the last century.",
    "Builds {what} that talk to each other.",
    "Rents {what} by the hour.",
)
PRODUCTS = (
    "pumps", "ledgers", "sensors", "dashboards", "bicycles", "lenses", "seed drills",
    "spreadsheets", "cargo drones", "microscopes", "café furniture", "noise-cancelling walls",
)  # fmt: skip
ABOUT_PEOPLE = (
    "Met at the spring conference.",
    "Prefers e-mail; out of office on Fridays.",
    "Introduced by a customer, decides on budgets above 50k.",
    "Asked for a demo in writing.\nFollow up after the quarter ends.",
    "Speaks 日本語 and English.",
)
# Some of Attio's, so that each has companies.
CATEGORIES = (
    "B2B", "B2C", "SAAS", "Enterprise", "E-commerce", "Marketplace", "Finance", "Health Care",
    "Machinery", "Education", "Media", "Technology",
)  # fmt: skip
# locality, region, country code, postcode, latitude, longitude
PLACES = (
    ("London", "England", "GB", "EC1A 1BB", "51.5074", "-0.1278"),
    ("Berlin", "Berlin", "DE", "10115", "52.5200", "13.4050"),
    ("München", "Bayern", "DE", "80331", "48.1351", "11.5820"),
    ("Paris", "Île-de-France", "FR", "75001", "48.8566", "2.3522"),
    ("New York", "NY", "US", "10001", "40.7128", "-74.0060"),
    ("San Francisco", "CA", "US", "94105", "37.7749", "-122.4194"),
    ("Austin", "TX", "US", "73301", "30.2672", "-97.7431"),
    ("Toronto", "ON", "CA", "M5H 2N2", "43.6532", "-79.3832"),
    ("São Paulo", "SP", "BR", "01000-000", "-23.5505", "-46.6333"),
    ("東京", "東京都", "JP", "100-0001", "35.6762", "139.6503"),
    ("Singapore", None, "SG", "018956", "1.3521", "103.8198"),
    ("Kraków", "Małopolskie", "PL", "30-001", "50.0647", "19.9450"),
    ("Lagos", "Lagos", "NG", "100001", "6.5244", "3.3792"),
    ("Bengaluru", "Karnataka", "IN", "560001", "12.9716", "77.5946"),
    ("Reykjavík", None, "IS", "101", "64.1466", "-21.9426"),
    ("Zürich", "Zürich", "CH", "8001", "47.3769", "8.5417"),
)
DEAL_NAMES = (
    "{company}: pilot", "{company}: renewal", "{company}: expansion", "{company}: 3 year plan",
    "{company}: 10 seats", "{company} proof of concept", "{company} & partners",
)  # fmt: skip
